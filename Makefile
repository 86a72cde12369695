# Culprit - `make run` installs what it needs, builds and serves; `make test` does
# the same and runs every test. `make help` lists the rest.

BUILD ?= build/release
CC ?= gcc
SANITIZE ?=
OPTIMIZE ?= -O2
VERSION := $(shell sed -n 's/^## \[\{0,1\}\([0-9][0-9.]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -n 1)

PACKAGES = libuv sqlite3 libzstd libdeflate libbrotlidec libsodium libgit2 libcurl yyjson libllhttp libcrypto
WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 \
  -Wvla -Wwrite-strings -Wundef -Werror
# gcc does not count a change of sign as -Wconversion; clang has to agree.
WARNINGS += -Wno-sign-conversion
HARDENING = -fstack-protector-strong -fPIE $(if $(SANITIZE),,-D_FORTIFY_SOURCE=3)
CPPFLAGS += -D_GNU_SOURCE $(if $(SANITIZE),-DSANITIZED) -DCULPRIT_VERSION='"$(or $(VERSION),0)"' -Isrc -I$(BUILD)/generated
CFLAGS += -std=c17 -g $(OPTIMIZE) $(WARNINGS) $(HARDENING) $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)
LDFLAGS += -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE))
# Looked up when a rule runs, so that `make run` works before anything is installed.
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
PACKAGE_LIBS = $(shell pkg-config --libs $(PACKAGES)) -lpthread -lm

SOURCES := $(wildcard src/*/*.c src/*/*/*.c)
TEMPLATES := $(wildcard templates/*.html)
ASSETS := $(wildcard assets/*)
UNIT_TESTS := $(wildcard tests/unit/*_test.c)

OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
GENERATED_OBJECTS := $(TEMPLATES:templates/%.html=$(BUILD)/generated/templates/%.o) \
  $(BUILD)/generated/assets.o $(BUILD)/generated/user_agents.o
LIBRARY_OBJECTS := $(filter-out $(BUILD)/src/cli/main.o,$(OBJECTS)) $(GENERATED_OBJECTS)

# Generated sources are kept, for debuggers and for people.
.SECONDARY:
.PHONY: all run test check bench asan tsan format clean help unit
all: $(BUILD)/culprit

help:
	@echo 'make run     install what is needed, build, and serve on 127.0.0.1:9000'
	@echo 'make test    install what is needed, build, and run every test'
	@echo 'make         build $(BUILD)/culprit'
	@echo 'make check   formatting and our own checkers'
	@echo 'make unit    unit tests alone'
	@echo 'make bench   every performance figure'
	@echo 'make asan    build/asan/culprit, with AddressSanitizer and UBSan'
	@echo 'make tsan    build/tsan/culprit, with ThreadSanitizer'

build/.setup: setup
	./setup
	@mkdir -p build && touch $@
build/.setup-test: setup
	./setup test
	@mkdir -p build && touch $@ build/.setup

run: build/.setup
	$(MAKE) all
	$(BUILD)/culprit serve

test: build/.setup-test
	tests/run

bench: build/.setup-test
	$(MAKE) all
	bench/run

check:
	tools/check

asan:
	$(MAKE) BUILD=build/asan CC=clang OPTIMIZE=-O1 SANITIZE=address,undefined all
tsan:
	$(MAKE) BUILD=build/tsan CC=clang OPTIMIZE=-O1 SANITIZE=thread all

format:
	clang-format -i $$(git ls-files 'src/*.c' 'src/*.h' 'tests/*.c' 'tests/*.h' 'bench/*.c' 'tools/*.c')

$(BUILD)/culprit: $(BUILD)/src/cli/main.o $(LIBRARY_OBJECTS)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) -o $@ $^ $(PACKAGE_LIBS)

$(BUILD)/src/%.o: src/%.c | $(BUILD)/generated/templates.h $(BUILD)/generated/assets.h
	@mkdir -p $(@D)
	@echo '  CC $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Pages: one C file for each template, and one header that declares them all.
$(BUILD)/generated/templates/%.c: templates/%.html tools/template.py
	@mkdir -p $(@D)
	python3 tools/template.py compile $< $@
$(BUILD)/generated/templates.h: $(TEMPLATES) tools/template.py
	@mkdir -p $(@D)
	python3 tools/template.py header $@ $(TEMPLATES)
$(BUILD)/generated/templates/%.o: $(BUILD)/generated/templates/%.c $(BUILD)/generated/templates.h $(BUILD)/generated/assets.h
	@echo '  CC $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Assets: packed, compressed and named by their content.
$(BUILD)/generated/assets.c $(BUILD)/generated/assets.h &: $(ASSETS) tools/assets.py tools/icons.txt
	@mkdir -p $(@D)
	python3 tools/assets.py $(BUILD)/generated $(ASSETS)
$(BUILD)/generated/assets.o: $(BUILD)/generated/assets.c
	@echo '  CC $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# User agents: patterns of Debian's uap-core as tables.
$(BUILD)/generated/user_agents.c: tools/user_agents.py
	@mkdir -p $(@D)
	python3 tools/user_agents.py $@
$(BUILD)/generated/user_agents.o: $(BUILD)/generated/user_agents.c src/event/user_agent_tables.h
	@echo '  CC $@'
	@$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: tests/unit/NAME_test.c becomes build/.../unit/NAME_test.
UNIT_PROGRAMS := $(UNIT_TESTS:tests/unit/%.c=$(BUILD)/unit/%)
unit: $(UNIT_PROGRAMS)
	@for program in $(UNIT_PROGRAMS); do CMOCKA_MESSAGE_OUTPUT=TAP $$program || exit 1; done
$(BUILD)/unit/%: tests/unit/%.c $(LIBRARY_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -Wno-missing-prototypes -Itests -MMD -MP $(LDFLAGS) -o $@ $< $(LIBRARY_OBJECTS) $(PACKAGE_LIBS) -lcmocka

# Parts as programs: what the scorers of grouping look through, and the HTTP client for its suite.
$(BUILD)/grouping/frames $(BUILD)/client/call: $(BUILD)/%: tests/%.c $(LIBRARY_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIBRARY_OBJECTS) $(PACKAGE_LIBS)

# Benchmarks of parts: bench/NAME.c becomes build/.../bench/NAME; bench/run makes and runs them.
$(BUILD)/bench/%: bench/%.c $(LIBRARY_OBJECTS)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(CPPFLAGS) $(PACKAGE_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBRARY_OBJECTS) $(PACKAGE_LIBS)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(GENERATED_OBJECTS:.o=.d) $(UNIT_PROGRAMS:=.d)
