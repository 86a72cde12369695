/* snippets.c - how to set up an SDK, for the settings page. */
#include "web/snippets.h"

#include "base/banned.h"

const struct snippet snippets[] = {
    {"python", "Python", "a.py",
     "# pip install sentry-sdk\n"
     "import sentry_sdk\n"
     "\n"
     "sentry_sdk.init(\n"
     "    dsn=\"{dsn}\",\n"
     "    release=\"1.0.0\",\n"
     "    environment=\"production\",\n"
     ")\n"},
    {"javascript", "Browser", "a.js",
     "// npm install @sentry/browser\n"
     "import * as Sentry from '@sentry/browser';\n"
     "\n"
     "Sentry.init({\n"
     "  dsn: '{dsn}',\n"
     "  release: '1.0.0',\n"
     "  environment: 'production',\n"
     "});\n"},
    {"node", "Node.js", "a.js",
     "// npm install @sentry/node; load this file before all others\n"
     "const Sentry = require('@sentry/node');\n"
     "\n"
     "Sentry.init({\n"
     "  dsn: '{dsn}',\n"
     "  release: '1.0.0',\n"
     "  environment: 'production',\n"
     "});\n"},
    {"react", "React", "a.jsx",
     "// npm install @sentry/react\n"
     "import * as Sentry from '@sentry/react';\n"
     "\n"
     "Sentry.init({\n"
     "  dsn: '{dsn}',\n"
     "  release: '1.0.0',\n"
     "});\n"
     "\n"
     "<Sentry.ErrorBoundary fallback={<p>Something went wrong</p>}>\n"
     "  <App />\n"
     "</Sentry.ErrorBoundary>\n"},
    {"go", "Go", "a.go",
     "// go get github.com/getsentry/sentry-go\n"
     "err := sentry.Init(sentry.ClientOptions{\n"
     "\tDsn:         \"{dsn}\",\n"
     "\tRelease:     \"1.0.0\",\n"
     "\tEnvironment: \"production\",\n"
     "})\n"
     "if err != nil {\n"
     "\tlog.Fatal(err)\n"
     "}\n"
     "defer sentry.Flush(2 * time.Second)\n"},
    {"ruby", "Ruby", "a.rb",
     "# gem install sentry-ruby\n"
     "require \"sentry-ruby\"\n"
     "\n"
     "Sentry.init do |config|\n"
     "  config.dsn = \"{dsn}\"\n"
     "  config.release = \"1.0.0\"\n"
     "  config.environment = \"production\"\n"
     "end\n"},
    {"java", "Java", "a.java",
     "// io.sentry:sentry\n"
     "import io.sentry.Sentry;\n"
     "\n"
     "Sentry.init(options -> {\n"
     "  options.setDsn(\"{dsn}\");\n"
     "  options.setRelease(\"1.0.0\");\n"
     "  options.setEnvironment(\"production\");\n"
     "});\n"},
    {"php", "PHP", "a.php",
     "// composer require sentry/sentry\n"
     "\\Sentry\\init([\n"
     "    'dsn' => '{dsn}',\n"
     "    'release' => '1.0.0',\n"
     "    'environment' => 'production',\n"
     "]);\n"},
    {"csharp", ".NET", "a.cs",
     "// dotnet add package Sentry\n"
     "SentrySdk.Init(options =>\n"
     "{\n"
     "    options.Dsn = \"{dsn}\";\n"
     "    options.Release = \"1.0.0\";\n"
     "    options.Environment = \"production\";\n"
     "});\n"},
    {"rust", "Rust", "a.rs",
     "// cargo add sentry\n"
     "let _guard = sentry::init((\n"
     "    \"{dsn}\",\n"
     "    sentry::ClientOptions {\n"
     "        release: Some(\"1.0.0\".into()),\n"
     "        ..Default::default()\n"
     "    },\n"
     "));\n"},
    {"cli", "sentry-cli", "a.sh",
     "export SENTRY_DSN='{dsn}'\n"
     "sentry-cli send-event -m 'Hello' --level info\n"},
};
const size_t snippet_count = sizeof snippets / sizeof *snippets;

static const struct snippet *find(struct slice id) {
  for (size_t i = 0; i < snippet_count; i++) {
    if (slice_equal_string(id, snippets[i].id)) return &snippets[i];
  }
  return NULL;
}

const struct snippet *snippet_find(struct slice id, struct slice platform) {
  const struct snippet *snippet = find(id);
  /* "python-django" as in Sentry's platform names */
  if (!snippet) snippet = find(slice_upto(platform, slice_find_byte(platform, '-')));
  return snippet ? snippet : &snippets[0];
}

struct slice snippet_text(struct arena *arena, const struct snippet *snippet, struct slice dsn) {
  struct slice text = slice_of_string(snippet->text);
  size_t at = slice_find(text, SLICE(SNIPPET_DSN));
  struct slice before = arena_concat(arena, slice_upto(text, at), dsn);
  return arena_concat(arena, before, slice_from(text, at + sizeof SNIPPET_DSN - 1));
}
