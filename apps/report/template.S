/* The page of libflow report without its data, as the command carries it. */
    .section .rodata
    .global app_page_template
    .global app_page_template_end
app_page_template:
    .incbin FLOW_PAGE
app_page_template_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
