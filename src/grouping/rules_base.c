/* rules_base.c - our own rules, which come before those of a project. */
#include "grouping/rules_parts.h"

#include "base/banned.h"

const char *const rules_base_stack_traces[] = {
    "path:**/node_modules/** -app\n"
    "path:**/site-packages/** -app\n"
    "category:throw ^-group ^-app\n",
    NULL};

const char *const rules_base_fingerprints =
    "family:javascript type:ChunkLoadError -> chunkloaderror\n";
