#include "paths.h"

#include <string.h>

static const int64_t most_paths = INT64_C(1) << 26; // 48 bytes each: 3 GiB

static flow_path *add_node(flow_tree *tree, flow_path path)
{
    if (tree->n == tree->size) {
        const int32_t size = tree->size > 0 ? 2 * tree->size : 8;
        flow_path *node = flow_realloc(tree->node, size, sizeof *node);
        if (node == NULL) { return NULL; }
        tree->node = node;
        tree->size = size;
    }
    tree->node[tree->n] = path;
    if (tree->n > 0 && tree->node[path.parent].child == 0) {
        tree->node[path.parent].child = tree->n;
    }
    return &tree->node[tree->n++];
}

static bool passes(const flow_tree *tree, int32_t start, int32_t node, int32_t place)
{
    if (place == start) { return true; }
    for (; node > 0; node = tree->node[node].parent) {
        if (tree->node[node].end == place) { return true; }
    }
    return false;
}

static flow_path prolong(const flow_scenario *s, const flow_tree *tree, int32_t parent,
                         int32_t link)
{
    const flow_path *from = &tree->node[parent];
    const int32_t end = s->link_to[link];
    const bool marker = s->place_kind[end] == FLOW_MARKER;
    return (flow_path){.parent = parent,
                       .link = link,
                       .first = parent == 0 ? link : from->first,
                       .end = end,
                       .hops = from->hops + (marker ? 0 : 1),
                       .candidate = !marker,
                       .length_km = from->length_km + s->length_km[link]};
}

/// All paths of one place, breadth first.
static flow_err grow_tree(const flow_scenario *s, int32_t place, int32_t hops, flow_tree *tree,
                          int64_t *n_all)
{
    const flow_path root = {.link = -1, .first = -1, .end = place};
    if (add_node(tree, root) == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for paths"); }
    for (int32_t node = 0; node < tree->n; node++) {
        if (tree->node[node].hops >= hops) { continue; }
        const int32_t end = tree->node[node].end;
        for (int32_t link = s->first_link[end]; link < s->first_link[end + 1]; link++) {
            if (passes(tree, place, node, s->link_to[link])) { continue; }
            if (++*n_all > most_paths) {
                return flow_fail(FLOW_ERANGE,
                                 "hop.awareness_level = %d gives more than %lld paths: choose less",
                                 (int)hops, (long long)most_paths);
            }
            if (add_node(tree, prolong(s, tree, node, link)) == NULL) {
                return flow_fail(FLOW_ENOMEM, "no memory for paths");
            }
        }
    }
    return FLOW_OK;
}

int32_t flow_paths_child(const flow_paths *paths, int32_t place, int32_t parent, int32_t link)
{
    const flow_tree *tree = &paths->tree[place];
    const int32_t child = tree->node[parent].child;
    if (child == 0) { return -1; }
    // Breadth first: the children of a node stand together, later parents have later children.
    for (int32_t node = child; node < tree->n; node++) {
        const flow_path *path = &tree->node[node];
        if (path->parent == parent && path->link == link) { return node; }
        if (path->parent > parent && !paths->extra) { break; }
    }
    return -1;
}

/// The node of the path `link[0..n)` from `place`, made when it does not exist (not a candidate).
static flow_err need_path(const flow_scenario *s, flow_paths *paths, int32_t place,
                          const int32_t *link, int32_t n, int32_t *out)
{
    *out = 0;
    for (int32_t i = 0; i < n; i++) {
        const int32_t parent = *out;
        int32_t node = flow_paths_child(paths, place, parent, link[i]);
        if (node < 0) {
            flow_tree *tree = &paths->tree[place];
            flow_path path = prolong(s, tree, parent, link[i]);
            path.candidate = false;
            node = tree->n;
            if (add_node(tree, path) == NULL) {
                return flow_fail(FLOW_ENOMEM, "no memory for paths");
            }
            if (i > 0) {
                int32_t rest = 0;
                FLOW_TRY(need_path(s, paths, s->link_to[link[0]], link + 1, i, &rest));
                paths->tree[place].node[node].rest = rest;
            }
        }
        *out = node;
    }
    return FLOW_OK;
}

/// The rest of every enumerated path. Parents come before their children in every tree.
static void link_rests(const flow_scenario *s, flow_paths *paths)
{
    for (int32_t p = 0; p < paths->n_place; p++) {
        flow_tree *tree = &paths->tree[p];
        for (int32_t i = 1; i < tree->n; i++) {
            flow_path *path = &tree->node[i];
            if (path->parent == 0) { continue; }
            const int32_t next = s->link_to[path->first];
            path->rest = flow_paths_child(paths, next, tree->node[path->parent].rest, path->link);
        }
    }
}

static int32_t link_between(const flow_scenario *s, int32_t from, int32_t to)
{
    for (int32_t link = s->first_link[from]; link < s->first_link[from + 1]; link++) {
        if (s->link_to[link] == to) { return link; }
    }
    return -1;
}

/// Add one major route (links from `via` on) to the tree of `place`, behind the path `before`.
static flow_err add_major(const flow_scenario *s, flow_paths *paths, int32_t place, int32_t before,
                          const int32_t *stop, int32_t n_stop, bool backwards)
{
    int32_t depth = 0;
    for (int32_t i = before; i > 0; i = paths->tree[place].node[i].parent) { depth++; }
    int32_t *link = flow_calloc(depth + n_stop, sizeof *link);
    if (link == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for major routes"); }
    for (int32_t i = before, k = depth; i > 0; i = paths->tree[place].node[i].parent) {
        link[--k] = paths->tree[place].node[i].link;
    }
    int32_t n = depth;
    bool whole = true;
    for (int32_t i = 0; i + 1 < n_stop && whole; i++) {
        const int32_t a = backwards ? stop[n_stop - 1 - i] : stop[i];
        const int32_t b = backwards ? stop[n_stop - 2 - i] : stop[i + 1];
        link[n] = link_between(s, a, b);
        // A way that comes back to its start leads nowhere new.
        whole = link[n] >= 0 && b != place;
        n++;
    }
    flow_err err = FLOW_OK;
    const int32_t far = backwards ? stop[0] : stop[n_stop - 1];
    if (whole && far != place) {
        int32_t node = 0;
        err = need_path(s, paths, place, link, n, &node);
        flow_path *path = &paths->tree[place].node[node];
        if (err == FLOW_OK && !path->candidate) { path->candidate = path->major = true; }
    }
    flow_dealloc(link);
    return err;
}

static flow_err add_major_routes(const flow_scenario *s, flow_paths *paths)
{
    for (int32_t place = 0; place < s->n_place; place++) {
        const int32_t n_normal = paths->tree[place].n;
        for (int32_t node = 0; node < n_normal; node++) {
            const int32_t end = paths->tree[place].node[node].end;
            if (node > 0 && !paths->tree[place].node[node].candidate) { continue; }
            for (int32_t r = 0; r < s->n_major_route; r++) {
                const int32_t *stop = s->major_route[r];
                int32_t n_stop = 0;
                while (stop[n_stop] >= 0) { n_stop++; }
                if (n_stop < 2) { continue; }
                for (int backwards = 0; backwards < 2; backwards++) {
                    const int32_t start = backwards ? stop[n_stop - 1] : stop[0];
                    if (start != end) { continue; }
                    FLOW_TRY(add_major(s, paths, place, node, stop, n_stop, backwards != 0));
                }
            }
        }
    }
    return FLOW_OK;
}

flow_err flow_paths_create(const flow_scenario *s, int32_t hops, bool major, flow_paths *out)
{
    *out = (flow_paths){.n_place = s->n_place};
    out->tree = flow_calloc(s->n_place, sizeof *out->tree);
    flow_err err = out->tree == NULL ? flow_fail(FLOW_ENOMEM, "no memory for paths") : FLOW_OK;
    int64_t n_all = 0;
    for (int32_t p = 0; p < s->n_place && err == FLOW_OK; p++) {
        err = grow_tree(s, p, hops, &out->tree[p], &n_all);
    }
    if (err == FLOW_OK) {
        link_rests(s, out);
        out->extra = major;
        if (major) { err = add_major_routes(s, out); }
    }
    if (err != FLOW_OK) {
        flow_paths_clear(out);
        return err;
    }
    for (int32_t p = 0; p < s->n_place; p++) {
        if (out->tree[p].n > out->most) { out->most = out->tree[p].n; }
    }
    return FLOW_OK;
}

void flow_paths_clear(flow_paths *paths)
{
    for (int32_t p = 0; p < paths->n_place && paths->tree != NULL; p++) {
        flow_dealloc(paths->tree[p].node);
    }
    flow_dealloc(paths->tree);
    *paths = (flow_paths){0};
}
