/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds of every typed tree: checked by tests, of expressions that nobody chose. */
#ifndef SD_TESTS_EXPR_TREE_H
#define SD_TESTS_EXPR_TREE_H

#include "check/check.h"

/** What is wrong with a tree, NULL: nothing. len: of the text that it came from. */
const char *sd_tree_wrong(const struct sd_node *n, bool c_like, u32 len);

#endif
