/// @file routes.h
/// Layer 4: the places that can be reached from each place along shortest ways, and the next link
/// towards them.
///
/// One object serves travellers who see the same costs (days or km) on the links, such as those on
/// foot. Every place keeps a tree of its nearest places, so memory grows with links and with the
/// places kept, not with pairs. Ways of equal cost: at every place the link with the smallest index
/// is taken, so the trees are a function of the costs alone.
#ifndef FLOW_ROUTES_H
#define FLOW_ROUTES_H

#include "base.h"

/// Directed links by the place they begin at (CSR), as in a scenario. Arrays are borrowed.
typedef struct flow_network {
    int32_t n_place, n_link;
    const int32_t *first_link; ///< [n_place + 1]
    const int32_t *link_from;  ///< [n_link]
    const int32_t *link_to;    ///< [n_link]
} flow_network;

/// What travellers of one kind find on the links. Arrays are borrowed.
typedef struct flow_link_input {
    int32_t n_link, n_mode;
    const double *length_km;  ///< [n_link] > 0
    const double *speed_km_d; ///< [n_mode] speed of each mode; 0: not theirs
    const double *limit_km_d; ///< [n_link] largest speed on the link, 0: none; NULL: none
    const bool *open;         ///< [n_link]; NULL: all
    const uint32_t *mode;     ///< [n_link] bit m: mode m may use it; NULL: all may
    bool by_km;               ///< cost in km instead of days
} flow_link_input;

/// Cost of each link by the fastest mode that may use it.
/// @param[out] cost  [n_link] days or km; INFINITY: closed.
/// @param[out] mode  [n_link] the mode taken, -1: none; may be NULL.
/// @return FLOW_OK, or FLOW_ERANGE: more than 32 modes or a length <= 0.
flow_err flow_link_costs(const flow_link_input *input, double *cost, int32_t *mode);

typedef struct flow_routes_options {
    int32_t most;        ///< nearest places to keep per place; 0: all
    double radius;       ///< largest cost of a way (awareness); 0: none
    const bool *through; ///< [n_place] only passed through, no destination; NULL: none. Borrowed
    /// Places always kept, however far, such as those with relatives: CSR by place. NULL: none.
    const int64_t *tie_first; ///< [n_place + 1], borrowed
    const int32_t *tie;       ///< [tie_first[n_place]], borrowed
    int32_t threads;          ///< 0: all
} flow_routes_options;

/// A place in the tree of another one. Row 0 is the place itself; a row stands after its parent;
/// those within `most` and `radius` ascend by (cost, place).
typedef struct flow_route {
    double cost; ///< of the whole way
    int32_t place;
    int32_t parent; ///< row of the place before; -1: row 0
    int32_t link;   ///< from there; -1: row 0
    bool target;    ///< may be chosen: neither passed through only, nor only on the way to a tie
} flow_route;

typedef struct flow_routes flow_routes;

/// Shortest ways from every place (Dijkstra 1959, Numer. Math. 1:269-271, doi:10.1007/BF01386390,
/// ended at the nearest `most` places or the radius).
/// @param cost  [n_link] > 0, INFINITY: closed; copied.
/// @return FLOW_OK, FLOW_ENOMEM, FLOW_ERANGE (a cost, option or place that cannot be).
flow_err flow_routes_create(const flow_network *network, const double *cost,
                            const flow_routes_options *options, flow_routes **out);
void flow_routes_free(flow_routes *routes);

/// The tree of a place; rows are valid until the next update.
const flow_route *flow_routes_from(const flow_routes *routes, int32_t place, int32_t *n);
/// Row of `to` in the tree of `from`, -1: not in it.
int32_t flow_routes_row(const flow_routes *routes, int32_t from, int32_t to);
/// First link of the way to a row of the tree of `from`; -1 for row 0.
int32_t flow_routes_first(const flow_routes *routes, int32_t from, int32_t row);
/// Sum of a value of links (km, fee, risk) along the way to each row of the tree of `from`.
/// @param value     [n_link]
/// @param[out] out  [rows of the tree]
void flow_routes_sum(const flow_routes *routes, int32_t from, const double *value, double *out);

/// Give a link another cost (INFINITY closes it); counts from the next update on.
/// @return FLOW_OK, or FLOW_ERANGE: no such link, or a cost that is not > 0.
flow_err flow_routes_set(flow_routes *routes, int32_t link, double cost);
/// Make the trees those of the costs as set. Only places whose tree uses a link that became dearer,
/// or can use one that became cheaper, are computed anew; the result is that of flow_routes_create.
/// Allocates only where a tree grows beyond its largest size so far.
/// @param[out] n  places computed anew; may be NULL.
/// @return FLOW_OK or FLOW_ENOMEM, after which the trees may be used only to be freed.
flow_err flow_routes_update(flow_routes *routes, int32_t *n);

/// Bytes held.
int64_t flow_routes_bytes(const flow_routes *routes);

/// Room for one search at a time; one per thread.
typedef struct flow_search flow_search;
flow_err flow_search_create(const flow_routes *routes, flow_search **out);
void flow_search_free(flow_search *search);
/// The next link from any place to any other, for travellers whose destination is not in the tree
/// of the place where they are: the tree first, else a search over the links.
/// @param[out] link  -1: no way, or they are there.
/// @param[out] cost  of the rest of the way; INFINITY: no way. May be NULL.
/// @return true when it had to search.
bool flow_routes_next(const flow_routes *routes, flow_search *search, int32_t from, int32_t to,
                      int32_t *link, double *cost);

#endif
