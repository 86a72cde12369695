/* labels.c - tables from the protocol's names to what people read. */
#include "web/labels.h"

#include "base/banned.h"

struct level_mark level_mark(enum level level) {
  static const struct level_mark marks[LEVEL_COUNT] = {
      [LEVEL_DEBUG] = {"debug", "circle"},
      [LEVEL_INFO] = {"info", "info-circle-fill"},
      [LEVEL_WARNING] = {"warning", "exclamation-triangle-fill"},
      [LEVEL_ERROR] = {"danger", "diamond-fill"},
      [LEVEL_FATAL] = {"fatal", "hexagon-fill"},
  };
  return marks[level];
}

struct level_mark level_mark_of_name(struct slice name) {
  for (int level = 0; level < LEVEL_COUNT; level++) {
    if (slice_equal_string(name, level_name((enum level)level))) {
      return level_mark((enum level)level);
    }
  }
  return level_mark(slice_equal_string(name, "critical") ? LEVEL_FATAL : LEVEL_INFO);
}

static const struct {
  const char *name, *mark, *title;
} platforms[] = {
    {"python", "py", "Python"},
    {"javascript", "js", "JavaScript"},
    {"node", "nd", "Node.js"},
    {"java", "jv", "Java"},
    {"ruby", "rb", "Ruby"},
    {"go", "go", "Go"},
    {"rust", "rs", "Rust"},
    {"php", "ph", "PHP"},
    {"csharp", "c#", "C#"},
    {"native", "na", "Native"},
    {"c", "c", "C"},
    {"cocoa", "co", "Cocoa"},
    {"objc", "oc", "Objective-C"},
    {"swift", "sw", "Swift"},
    {"elixir", "ex", "Elixir"},
    {"perl", "pl", "Perl"},
    {"dart", "da", "Dart"},
    {"haskell", "hs", "Haskell"},
    {"groovy", "gv", "Groovy"},
    {"as3", "as", "ActionScript"},
    {"cfml", "cf", "ColdFusion"},
    {"powershell", "ps", "PowerShell"},
    {"other", "··", "Other"},
};
#define PLATFORM_COUNT (sizeof(platforms) / sizeof(platforms[0]))

struct slice platform_mark(struct slice platform) {
  for (size_t i = 0; i < PLATFORM_COUNT; i++) {
    if (slice_equal_string(platform, platforms[i].name)) {
      return slice_of_string(platforms[i].mark);
    }
  }
  return slice_cut_characters(platform, 2);
}

struct slice platform_title(struct slice platform) {
  for (size_t i = 0; i < PLATFORM_COUNT; i++) {
    if (slice_equal_string(platform, platforms[i].name)) {
      return slice_of_string(platforms[i].title);
    }
  }
  return platform;
}

struct slice mechanism_title(struct slice type) {
  static const struct slice prefixes[] = {
      {"auto.browser.browserapierrors.", 30},
      {"auto.browser.", 13},
      {"auto.function.", 14},
      {"auto.node.", 10},
      {"auto.", 5},
  };
  for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
    if (slice_starts_with(type, prefixes[i])) {
      return slice_from(type, prefixes[i].len);
    }
  }
  return type;
}
