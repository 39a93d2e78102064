// SPDX-License-Identifier: MIT
#include "lang/ir_node.h"

void ir_rewrite(Ir *ir) { (void)ir; }
