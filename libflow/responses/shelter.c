// Places that are made and kept: sites, shelter kits and rents, schools.
#include "flow/module.h"

#include <math.h>

typedef struct param {
    flow_measure plan;
    double places;    ///< wanted in all; 0: by need
    double cost_new;  ///< USD
    double cost_kept; ///< USD/d
    double life;      ///< days
    double heads;     ///< places for each person meant
} param;

typedef struct data {
    flow_scope scope;
    bool capacity; ///< its last column is that of room
} data;

enum { PLACES, COST, MORE }; // own columns

#define AT(member) offsetof(param, member)
#define PLACE_ROWS(lead, meant, rule, new_price, new_tag, new_source, kept_price, kept_source)     \
    FLOW_MEASURE_TIME(param, plan, lead), FLOW_MEASURE_PLACES(param, plan, "new places", meant),   \
        FLOW_MEASURE_TARGET(param, plan, rule),                                                    \
        {"places",                                                                                 \
         AT(places),                                                                               \
         FLOW_DOUBLE,                                                                              \
         "1",                                                                                      \
         "0",                                                                                      \
         0,                                                                                        \
         1e10,                                                                                     \
         NULL,                                                                                     \
         '-',                                                                                      \
         "",                                                                                       \
         "Places wanted, the same number in each place it is for; 0: as many as are needed."},     \
        {"cost_place",                                                                             \
         AT(cost_new),                                                                             \
         FLOW_DOUBLE,                                                                              \
         "USD",                                                                                    \
         new_price,                                                                                \
         0,                                                                                        \
         1e6,                                                                                      \
         NULL,                                                                                     \
         new_tag,                                                                                  \
         new_source,                                                                               \
         "Cost of one new place."},                                                                \
    {                                                                                              \
        "cost_place_day", AT(cost_kept), FLOW_DOUBLE, "USD d-1", kept_price, 0, 1e4, NULL, 'A',    \
            kept_source, "Cost of keeping one place for a day."                                    \
    }
#define LIFE(value, tag, source)                                                                   \
    {                                                                                              \
        "life", AT(life), FLOW_DOUBLE, "d", value, 0, 1e6, NULL, tag, source,                      \
            "Days for which a place lasts, in the mean; 0: for ever."                              \
    }

static const flow_field site_rows[] = {
    PLACE_ROWS("30", "displaced", "need", "400", 'A',
               "libflow: 200 to 600 USD; a site has 30 to 45 m2 a person (Sphere)", "0.1",
               "libflow: management of the site, without food, water and care"),
    LIFE("0", 'A', "libflow"), FLOW_FIELD_END};

static const flow_field kit_rows[] = {
    PLACE_ROWS("14", "displaced", "need", "230", 'V',
               "Refugee Housing Unit for a family of five at 1,150 USD in 2015 (UNHCR's order of "
               "10,000, Devex); a tent or a kit costs less, a rent is cost_place_day",
               "0", "libflow"),
    LIFE("1095", 'V', "Refugee Housing Unit: lasts up to three years (Devex 2015)"),
    FLOW_FIELD_END};

static const flow_field school_rows[] = {
    PLACE_ROWS("90", "displaced", "need", "100", 'A', "libflow: a room shared by shifts", "0.8",
               "libflow: about 300 USD a year"),
    LIFE("0", 'A', "libflow"),
    {"children", AT(heads), FLOW_DOUBLE, "1", "0.29", 0, 1, NULL, 'D',
     "UNHCR demographics 2025: 43 % of refugees are under 18; of these 12 of 18 years are from 6 "
     "to 17",
     "Share of people who are of school age, for target uniform."},
    FLOW_FIELD_END};

static flow_err load(flow_setup *setup, bool capacity)
{
    const param *p = setup->param;
    data *d = flow_setup_keep(setup, 1, sizeof *d);
    if (d == NULL) { return flow_fail(FLOW_ENOMEM, "no memory for places"); }
    d->capacity = capacity;
    setup->data = d;
    setup->n_state = flow_measure_n_state(setup->world);
    return flow_measure_load(setup, &p->plan, &d->scope);
}

static flow_err step(flow_turn *turn)
{
    const param *p = turn->param;
    const data *d = turn->data;
    const double works = flow_measure_begin(turn, &p->plan, &d->scope);
    const flow_service service = {.plan = &p->plan,
                                  .scope = &d->scope,
                                  .person_day = p->cost_kept,
                                  .place = p->cost_new,
                                  .life = p->life,
                                  .amount = p->places,
                                  .heads = p->heads,
                                  .sector = true};
    const double *kept = flow_measure_build(turn, &service, works);
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[PLACES][i] = kept[i];
        if (d->capacity) { turn->own[MORE][i] = kept[i]; }
    }
    return FLOW_OK;
}

#define MODULE(id, rows, capacity, text, formula, sector, supply)                                  \
    static flow_err load_##id(flow_setup *setup)                                                   \
    {                                                                                              \
        return load(setup, capacity);                                                              \
    }                                                                                              \
    const flow_module flow_module_##id = {.version = FLOW_MODULE_VERSION,                          \
                                          .kind = FLOW_RESPONSE,                                   \
                                          .name = #id,                                             \
                                          .help = text,                                            \
                                          .source = formula,                                       \
                                          .many = true,                                            \
                                          .crowd = true,                                           \
                                          .field = rows,                                           \
                                          .param_size = sizeof(param),                             \
                                          .writes = supply,                                        \
                                          .reads = FLOW_MEASURE_READS(sector),                     \
                                          .load = load_##id,                                       \
                                          .step = step};

MODULE(site, site_rows, true, "A site is opened or made larger: room and shelter for so many.",
       "libflow: places are built up to the need or to `places`, at most most_per_day, after "
       "lead_days",
       "shelter", "shelter_places,cost,extra_capacity")
MODULE(shelter_kits, kit_rows, false, "Shelter for families where they are: units, kits or rent.",
       "libflow: places are given up to the need or to `places` and wear out", "shelter",
       "shelter_places,cost")
MODULE(schooling, school_rows, false, "Places at school, for as many children as need them.",
       "libflow: places are made up to the need or to `places`", "education", "school_places,cost")
