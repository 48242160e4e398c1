/* The page of libflow report without its data, and the core for it, as the command carries them. */
    .section .rodata
    .global app_page_template
    .global app_page_template_end
    .global app_page_core
    .global app_page_core_end
app_page_template:
    .incbin FLOW_PAGE
app_page_template_end:
    .byte 0
app_page_core:
    .incbin FLOW_CORE
app_page_core_end:
    .byte 0
    .section .note.GNU-stack, "", %progbits
