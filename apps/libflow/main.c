#include "flow/flow.h"

#include <stdio.h>

int main(void)
{
    printf("libflow %s\n", flow_version());
    return 0;
}
