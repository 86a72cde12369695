/* settings_tabs.h - the pages of a project's settings, as tabs that each of them shows. */
#ifndef CULPRIT_WEB_SETTINGS_TABS_H
#define CULPRIT_WEB_SETTINGS_TABS_H

/* One for each page; a new page is a line here and one in settings_tabs.c. */
enum settings_tab {
  SETTINGS_TAB_GENERAL,
  SETTINGS_TAB_GITLAB,
  SETTINGS_TAB_LIMITS,
  SETTINGS_TAB_PRIVACY,
  SETTINGS_TAB_FILTERS,
  SETTINGS_TAB_GROUPING,
  SETTINGS_TAB_COUNT
};

struct settings_tab_entry {
  const char *title;
  const char *path; /* behind "/organization/project/-/settings/" */
};
extern const struct settings_tab_entry settings_tabs[SETTINGS_TAB_COUNT];

#endif
