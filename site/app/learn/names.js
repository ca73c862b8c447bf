// Findings in the page's language.

import { t } from "../language.js";

/** The name of a finding. */
export const nameOf = finding => t(`finding.${finding}`);

/** Where to look for it. */
export const whereOf = finding => t(`where.${finding}`);
