/* filter_agent.c - crawlers and old browsers, by the User-Agent header. */
#include <string.h>

#include "event/filter_parts.h"

#include "base/banned.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

/* Position of `word`, which is in lower case; text.len when there is none. Headers are short and
 * words too, so that comparing at each place does. */
static size_t find_word(struct slice text, struct slice word) {
  for (size_t at = 0; at + word.len <= text.len; at++) {
    size_t i = 0;
    while (i < word.len && lower(text.ptr[at + i]) == word.ptr[i]) i++;
    if (i == word.len) return at;
  }
  return text.len;
}

static bool has_word(struct slice text, const char *word) {
  return find_word(text, slice_of_string(word)) < text.len;
}

/* --- crawlers -------------------------------------------------------------------------- */

/* Headers longer than that are not looked at further. */
enum { AGENT_BYTES = 512 };

/* "bot", "spider" or "crawler" at the end of a word: "bingbot/2.0", "Baiduspider;", "(AhrefsBot)".
 */
static bool has_robot(struct slice agent) {
  static const char *const words[] = {"bot", "bots", "spider", "crawler"};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    struct slice word = slice_of_string(words[i]), rest = agent;
    for (;;) {
      size_t at = find_word(rest, word);
      if (at == rest.len) break;
      char next = at + word.len < rest.len ? rest.ptr[at + word.len] : ' ';
      bool ends = next == ' ' || next == '/' || next == ';' || next == ')' || next == ',' ||
                  next == '-' || next == ':';
      /* Cubot makes telephones. */
      bool is_phone = at >= 2 && find_word(slice_of(rest.ptr + at - 2, 5), SLICE("cubot")) == 0;
      if (ends && !is_phone) return true;
      rest = slice_from(rest, at + word.len);
    }
  }
  return false;
}

bool filter_is_crawler(struct slice agent) {
  static const char *const names[] = {"googlebot",
                                      "google-inspectiontool",
                                      "adsbot-google",
                                      "mediapartners-google",
                                      "feedfetcher-google",
                                      "google-read-aloud",
                                      "googleother",
                                      "bingpreview",
                                      "slurp",
                                      "baiduspider",
                                      "sogou",
                                      "ia_archiver",
                                      "facebookexternalhit",
                                      "meta-externalagent",
                                      "facebookcatalog",
                                      "bytespider",
                                      "pingdom",
                                      "uptimerobot",
                                      "better uptime",
                                      "statuscake",
                                      "site24x7",
                                      "cloudflare-alwaysonline",
                                      "cloudflare-healthchecks",
                                      "lyticsbot",
                                      "aws security scanner",
                                      "hubspot crawler",
                                      "calypso appcrawler",
                                      "chrome-lighthouse",
                                      "screaming frog",
                                      "semrush",
                                      "ahrefs",
                                      "gptbot",
                                      "claude-web",
                                      "anthropic-ai",
                                      "perplexity",
                                      "amazonbot",
                                      "applebot",
                                      "petalbot",
                                      "yandexmetrika",
                                      "nagios",
                                      "zabbix",
                                      "slackbot-linkexpanding",
                                      "whatsapp",
                                      "telegrambot",
                                      "embedly",
                                      "quora link preview"};
  agent = slice_upto(agent, AGENT_BYTES);
  if (slice_is_empty(agent)) return false;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (has_word(agent, names[i])) return true;
  }
  return has_robot(agent);
}

/* --- old browsers -------------------------------------------------------------------------- */

static const struct family {
  const char *name;
  unsigned bit;
  unsigned last_old; /* this version and those before it are old */
} families[] = {
    {"ie", BROWSER_IE, 11},
    {"edge", BROWSER_EDGE, 110},
    {"safari", BROWSER_SAFARI, 15},
    {"firefox", BROWSER_FIREFOX, 110},
    {"chrome", BROWSER_CHROME, 110},
    {"opera", BROWSER_OPERA, 99},
    {"opera_mini", BROWSER_OPERA_MINI, 34},
    {"android", BROWSER_ANDROID, 3},
};
enum { FAMILIES = sizeof families / sizeof families[0] };

unsigned filter_browser_family(struct slice name) {
  if (slice_equal_ignore_case(name, SLICE("all"))) return BROWSER_ALL;
  for (size_t i = 0; i < FAMILIES; i++) {
    if (slice_equal_ignore_case(name, slice_of_string(families[i].name))) return families[i].bit;
  }
  return 0;
}

/* The number behind `word`, or 0. */
static unsigned version_behind(struct slice agent, const char *word) {
  size_t length = strlen(word), at = find_word(agent, slice_of_string(word)) + length;
  unsigned version = 0;
  for (; at < agent.len && agent.ptr[at] >= '0' && agent.ptr[at] <= '9' && version < 10000; at++) {
    version = version * 10 + (unsigned)(agent.ptr[at] - '0');
  }
  return version;
}

/* The first that fits: every browser also calls itself those further down. */
static const struct {
  const char *has, *version; /* in lower case */
  unsigned bit;
} marks[] = {
    {"opera mini/", "opera mini/", BROWSER_OPERA_MINI},
    {"opr/", "opr/", BROWSER_OPERA},
    {"opera/", "version/", BROWSER_OPERA},
    {"opera ", "opera ", BROWSER_OPERA},
    {"iemobile/", "iemobile/", BROWSER_IE},
    {"msie ", "msie ", BROWSER_IE},
    {"trident/7", "rv:", BROWSER_IE},
    {"edge/", "edge/", BROWSER_EDGE},
    {"edg/", "edg/", BROWSER_EDGE},
    {"edga/", "edga/", BROWSER_EDGE},
    {"edgios/", "edgios/", BROWSER_EDGE},
    {"fxios/", "fxios/", BROWSER_FIREFOX},
    {"crios/", "crios/", BROWSER_CHROME},
    {"samsungbrowser/", NULL, 0},
    {"firefox/", "firefox/", BROWSER_FIREFOX},
    {"chrome/", "chrome/", BROWSER_CHROME},
    {"chromium/", "chromium/", BROWSER_CHROME},
    {"android ", "android ", BROWSER_ANDROID},
    {"safari/", "version/", BROWSER_SAFARI},
};

bool filter_is_legacy(struct slice agent, unsigned wanted) {
  agent = slice_upto(agent, AGENT_BYTES);
  if (!wanted || slice_is_empty(agent)) return false;
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (!has_word(agent, marks[i].has)) continue;
    if (!(marks[i].bit & wanted)) return false;
    unsigned version = version_behind(agent, marks[i].version);
    for (size_t family = 0; family < FAMILIES; family++) {
      if (families[family].bit != marks[i].bit) continue;
      return version > 0 && version <= families[family].last_old;
    }
  }
  return false;
}
