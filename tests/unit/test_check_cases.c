/* SPDX-License-Identifier: BSD-2-Clause */
/* Where the cases of test_check.c are: the build knows. */
#include <stdio.h>

FILE *check_cases_open(void);

FILE *check_cases_open(void)
{
	return fopen(SD_CHECK_CASES, "r");
}
