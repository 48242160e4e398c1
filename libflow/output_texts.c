#define _POSIX_C_SOURCE 200809L
#include "output_file.h"

#include <stdio.h>
#include <string.h>

// HDF5 1.10 trusts the lengths in its heap of texts: one changed byte makes H5Dread() read beyond
// its memory. So texts of result files are read here, from the bytes, with every length checked.
// Source: HDF5 File Format Specification 3.0, III.E "Disk Format: Level 1E - Global Heap" and VIII
// on variable-length elements.

enum {
    reference_size = 16, // of one element: length (4 bytes), address of a heap (8), object (4)
    heap_head = 16,      // "GCOL", version, 3 bytes, size (8)
    object_head = 16,    // index (2), references (2), 4 bytes, size (8)
    heap_max = 1 << 24   // bytes of one heap; HDF5 makes them of 4 KiB, or as long as a text
};

/// The heap read last: the texts of one variable lie in a few of them, one after the other.
typedef struct heap {
    FILE *file;
    uint64_t file_size;
    uint64_t address;
    unsigned char *bytes; ///< [size], NULL: none
    uint64_t size;
    bool no_memory; ///< the reason of a failure
} heap;

static uint64_t number(const unsigned char *bytes, int n)
{
    uint64_t value = 0;
    for (int i = n; i-- > 0;) { value = value << 8 | bytes[i]; }
    return value;
}

/// n bytes of the file in new memory; NULL when they are not all there.
static unsigned char *bytes_at(heap *h, uint64_t address, uint64_t n)
{
    if (address > h->file_size || n > h->file_size - address) { return NULL; }
    unsigned char *bytes = flow_calloc((int64_t)n, 1);
    h->no_memory = bytes == NULL;
    if (bytes == NULL) { return NULL; }
    if (fseeko(h->file, (off_t)address, SEEK_SET) == 0 &&
        fread(bytes, 1, (size_t)n, h->file) == (size_t)n) {
        return bytes;
    }
    flow_dealloc(bytes);
    return NULL;
}

static bool load_heap(heap *h, uint64_t address)
{
    if (h->bytes != NULL && h->address == address) { return true; }
    flow_dealloc(h->bytes);
    h->bytes = NULL;
    unsigned char *head = bytes_at(h, address, heap_head);
    if (head == NULL) { return false; }
    const bool good = memcmp(head, "GCOL\1", 5) == 0;
    h->size = number(head + 8, 8);
    flow_dealloc(head);
    if (!good || h->size < heap_head || h->size > heap_max) { return false; }
    h->bytes = bytes_at(h, address, h->size);
    h->address = address;
    return h->bytes != NULL;
}

/// The text of `length` bytes in an object of the loaded heap; NULL when it is not there.
static char *text_of(heap *h, uint64_t object, uint64_t length)
{
    uint64_t at = heap_head;
    while (h->size - at >= object_head) {
        const uint64_t index = number(h->bytes + at, 2);
        const uint64_t size = number(h->bytes + at + 8, 8);
        at += object_head;
        if (index == 0 || size > h->size - at) { return NULL; } // free space, or no size
        if (index == object) {
            if (length > size) { return NULL; }
            char *text = flow_strndup((const char *)h->bytes + at, (size_t)length);
            h->no_memory = text == NULL;
            return text;
        }
        const uint64_t padded = (size + 7) / 8 * 8;
        if (padded > h->size - at) { return NULL; }
        at += padded;
    }
    return NULL;
}

/// All texts of a variable whose elements begin at `address`.
static bool read_all(heap *h, uint64_t address, int32_t n, char **out)
{
    unsigned char *reference = bytes_at(h, address, (uint64_t)n * reference_size);
    bool good = reference != NULL;
    for (int32_t i = 0; i < n && good; i++) {
        const unsigned char *element = reference + (size_t)i * reference_size;
        const uint64_t length = number(element, 4);
        if (length == 0) {
            out[i] = flow_strdup("");
            h->no_memory = out[i] == NULL;
        } else if (load_heap(h, number(element + 4, 8))) {
            out[i] = text_of(h, number(element + 12, 4), length);
        }
        good = out[i] != NULL;
    }
    flow_dealloc(reference);
    return good;
}

/// Address of the first element of a variable of texts that lie as libflow writes them.
static bool find(const flow_hdf *hdf, hid_t data, int32_t n, uint64_t *address)
{
    const hid_t type = H5Dget_type(data), how = H5Dget_create_plist(data);
    const hid_t file = H5Fget_create_plist(hdf->file);
    size_t of_address = 0, of_size = 0;
    hsize_t before = 1;
    const haddr_t at = H5Dget_offset(data);
    const bool good = type >= 0 && how >= 0 && file >= 0 && H5Tis_variable_str(type) > 0 &&
                      H5Pget_layout(how) == H5D_CONTIGUOUS &&
                      H5Dget_storage_size(data) == (hsize_t)n * reference_size &&
                      H5Pget_sizes(file, &of_address, &of_size) >= 0 && of_address == 8 &&
                      of_size == 8 && H5Pget_userblock(file, &before) >= 0 && before == 0 &&
                      at != HADDR_UNDEF;
    *address = at;
    flow_hdf_close(file);
    flow_hdf_close(how);
    flow_hdf_close(type);
    return good;
}

flow_err flow_hdf_read_texts(const flow_hdf *hdf, hid_t data, const char *name, int32_t n,
                             char **out)
{
    if (n == 0) { return FLOW_OK; }
    uint64_t address = 0;
    heap h = {.file = fopen(hdf->path, "rb")};
    bool good = h.file != NULL && fseeko(h.file, 0, SEEK_END) == 0;
    const off_t end = good ? ftello(h.file) : -1;
    h.file_size = end > 0 ? (uint64_t)end : 0;
    good = good && find(hdf, data, n, &address) && read_all(&h, address, n, out);
    flow_dealloc(h.bytes);
    if (h.file != NULL) { (void)fclose(h.file); }
    if (good) { return FLOW_OK; }
    if (h.no_memory) {
        return flow_fail(FLOW_ENOMEM, "no memory to read '%s' of '%s'", name, hdf->path);
    }
    return flow_fail(FLOW_EFILE, "'%s' is no complete libflow result: '%s' holds no texts",
                     hdf->path, name);
}
