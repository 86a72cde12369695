/* banned.h - functions that have no safe use here. Include it last. */
#ifndef CULPRIT_BASE_BANNED_H
#define CULPRIT_BASE_BANNED_H

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r gets
#pragma GCC poison atoi atol atoll scanf sscanf fscanf gmtime localtime asctime ctime rand srand

#endif
