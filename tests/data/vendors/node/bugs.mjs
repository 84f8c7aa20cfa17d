// SPDX-License-Identifier: Apache-2.0
// All bugs by id; bugs.toml tells what each is.

import { ROW_BUGS } from './bugs_rows.mjs';
import { RULE_BUGS } from './bugs_rules.mjs';
import { WIRE_BUGS } from './bugs_wire.mjs';

export const BUGS = { ...ROW_BUGS, ...RULE_BUGS, ...WIRE_BUGS };
