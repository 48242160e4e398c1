/// @file paths.h
/// Layer 4: for every place the tree of all paths its people can choose from.
///
/// A node of a tree is a path without repeated places. A route still to be walked is always a node
/// of the tree of the place where the people are, so cells with the same rest of the way merge.
#ifndef FLOW_PATHS_H
#define FLOW_PATHS_H

#include "scenario.h"

typedef struct flow_path {
    int32_t parent; ///< node without the last link; 0: the place itself
    int32_t link;   ///< last link
    int32_t first;  ///< first link
    int32_t end;    ///< place at the end
    int32_t rest; ///< node of the tree of the first link's end: the path without its first link; 0:
                  ///< none
    int32_t child;    ///< first node that prolongs this one; 0: none
    int32_t hops;     ///< links, markers not counted
    bool candidate;   ///< may be chosen as a destination
    bool major;       ///< made from a major route
    double length_km; ///< sum of the links
} flow_path;

typedef struct flow_tree {
    flow_path *node; ///< node[0] is the place itself, no path
    int32_t n, size;
} flow_tree;

typedef struct flow_paths {
    flow_tree *tree; ///< [n_place]
    int32_t n_place;
    bool extra;   ///< nodes were added after the breadth-first ones (major routes)
    int32_t most; ///< largest number of nodes of a tree
} flow_paths;

/// Enumerate all paths up to `hops` hops (0: none) and, with `major`, the scenario's major routes.
/// FLOW_ERANGE when there are more than 2^26 of them.
flow_err flow_paths_create(const flow_scenario *scenario, int32_t hops, bool major,
                           flow_paths *out);
void flow_paths_clear(flow_paths *paths);
/// Node of the tree of `place` that prolongs node `parent` by `link`; -1 when there is none.
int32_t flow_paths_child(const flow_paths *paths, int32_t place, int32_t parent, int32_t link);

#endif
