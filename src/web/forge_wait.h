/* forge_wait.h - pages that wait a little for what GitLab knows. */
#ifndef CULPRIT_WEB_FORGE_WAIT_H
#define CULPRIT_WEB_FORGE_WAIT_H

#include "web/web.h"

/* Parks the request when GitLab is being asked for something of the project and the page has not
 * waited long enough; its handler runs again. To be called before anything is written, after all
 * that the page needs was asked for. False: show what is known. */
bool web_wait_for_forge(struct web *web);

#endif
