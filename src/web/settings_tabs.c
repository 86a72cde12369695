/* settings_tabs.c - see settings_tabs.h. */
#include "web/settings_tabs.h"

#include "base/banned.h"

const struct settings_tab_entry settings_tabs[SETTINGS_TAB_COUNT] = {
    [SETTINGS_TAB_GENERAL] = {"General", "operations"},
    [SETTINGS_TAB_GITLAB] = {"GitLab project", "gitlab"},
    [SETTINGS_TAB_LIMITS] = {"Origins and limits", "limits"},
    [SETTINGS_TAB_PRIVACY] = {"Security and privacy", "privacy"},
    [SETTINGS_TAB_FILTERS] = {"Inbound filters", "filters"},
    [SETTINGS_TAB_GROUPING] = {"Grouping rules", "grouping"},
};
