// The hop rule: what ages, genders, religions and ethnicities change. Expected shares are computed
// here from docs/model.md ("The hop rule", Hazards and Likeness).
#include "toy.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double n_people = 400000.0;

// Hazards ----------------------------------------------------------------------------------------

typedef struct rules {
    bool women, children, elderly, boys, men, need_children;
} rules;

/// Attraction of a place of score s for a person.
static double attraction(const rules *on, double age, bool male, double s)
{
    double e = s;
    bool squared = false;
    if (on->children && age < 19) {
        e *= e;
        squared = true;
    }
    const bool boys = on->boys && (on->children || !on->need_children);
    if (boys && male && age > 14 && (on->men || age < 19)) { e = 1.0; }
    if (on->elderly && age > 59) {
        e *= e;
        squared = true;
    }
    if (on->women && !male && !squared) { e *= e; }
    return e;
}

static const char *yes(bool value)
{
    return value ? "true" : "false";
}

static void describe(const rules *on, char yaml[static 512])
{
    (void)snprintf(yaml, 512,
                   "spawn: {mode: none}\n"
                   "hop: {max_move_speed: 10, conflict_weight: 0.25, camp_weight: 3, "
                   "women_avoid_hazards: %s, children_avoid_hazards: %s, "
                   "elderly_avoid_hazards: %s, boys_take_risk: %s}\n"
                   "quirks: {boys_include_men: %s, boys_need_children_rule: %s}\n",
                   yes(on->women), yes(on->children), yes(on->elderly), yes(on->boys), yes(on->men),
                   yes(on->need_children));
}

static const char *const hazardous =
    "A,forward,400000; Town,town; Camp,camp; Zone,conflict,,,,1; Camp in conflict,camp,,,,1;";
static const char *const to_hazards = "A,Town,90; A,Camp,90; A,Zone,90; A,Camp in conflict,90;";
static const double scores[] = {1.0, 3.0, 0.25, 0.75};
static const char *const ends[] = {"Town", "Camp", "Zone", "Camp in conflict"};

Test(hop_attributes, hazards_weigh_by_age_and_gender)
{
    static const rules row[] = {
        {.women = true},
        {.children = true},
        {.elderly = true},
        {.boys = true},
        {.boys = true, .need_children = true},
        {.boys = true, .men = true},
        {.children = true, .boys = true, .need_children = true, .men = true},
        {.women = true, .children = true, .elderly = true, .boys = true},
        {.women = true, .elderly = true},
    };
    static const int age[] = {7, 14, 15, 18, 19, 59, 60};
    for (int i = 0; i < 9; i++) {
        for (int k = 0; k < 14; k++) {
            const bool male = k % 2 == 0;
            char yaml[512], attributes[128], about[128];
            describe(&row[i], yaml);
            (void)snprintf(attributes, sizeof attributes,
                           "attribute,value,place,weight\nage,%d,,1\ngender,%s,,1\n", age[k / 2],
                           male ? "male" : "f");
            const toy what = {
                .place = hazardous, .link = to_hazards, .attributes = attributes, .yaml = yaml};
            double sum = 0.0;
            for (int e = 0; e < 4; e++) { sum += attraction(&row[i], age[k / 2], male, scores[e]); }
            toy_world w = toy_make(&what, 1 + (uint64_t)(14 * i + k));
            toy_days(&w, 1);
            for (int e = 0; e < 4; e++) {
                (void)snprintf(about, sizeof about, "rules %d, %s of %d to %s", i,
                               male ? "man" : "woman", age[k / 2], ends[e]);
                const double share = attraction(&row[i], age[k / 2], male, scores[e]) / sum;
                toy_binomial(toy_road(&w, "A", ends[e]), n_people, share, about);
            }
            toy_end(&w);
        }
    }
}

// Who enters at a place has the attributes of that place; attributes are independent.
Test(hop_attributes, people_have_the_attributes_of_their_place)
{
    static const rules on = {.women = true, .children = true};
    char yaml[512];
    describe(&on, yaml);
    const toy what = {.place = "A,forward,400000; B,forward,400000; Town,town; Zone,conflict,,,,1;",
                      .link = "A,Town,90; A,Zone,90; B,Town,90; B,Zone,90;",
                      .attributes =
                          "attribute,value,place,weight\nage,7,,1\nage,40,,3\ngender,male,,1\n"
                          "gender,female,,1\nage,7,B,6\ngender,male,B,0\ngender,female,B,2\n",
                      .yaml = yaml};
    const double child[] = {0.25, 6.0 / 9.0}, male[] = {0.5, 0.0};
    static const char *const from[] = {"A", "B"};
    toy_world w = toy_make(&what, 200);
    toy_days(&w, 1);
    for (int i = 0; i < 2; i++) {
        double to_zone = 0.0;
        for (int k = 0; k < 4; k++) {
            const bool is_male = k % 2 == 0;
            const double age = k < 2 ? 7 : 40;
            const double share =
                (k < 2 ? child[i] : 1.0 - child[i]) * (is_male ? male[i] : 1.0 - male[i]);
            const double e = attraction(&on, age, is_male, 0.25);
            to_zone += share * e / (1.0 + e);
        }
        toy_binomial(toy_road(&w, from[i], "Zone"), n_people, to_zone, from[i]);
    }
    toy_end(&w);
}

Test(hop_attributes, flee_folders_read_demographics_and_have_flees_boys)
{
    // A man of 40 takes risks in FLEE, but only beside the rule for children.
    static const char *const settings[] = {
        "spawn_rules: {insert_day0: True}\n"
        "move_rules: {BoysTakeRisk: True, conflict_weight: 0.25, max_move_speed: 10.0}\n",
        "spawn_rules: {insert_day0: True}\n"
        "move_rules: {BoysTakeRisk: True, ChildrenAvoidHazards: True, conflict_weight: 0.25, "
        "max_move_speed: 10.0, camp_movechance: 1.0}\n"};
    const double to_zone[] = {0.25 / 1.25, 0.5};
    for (int i = 0; i < 2; i++) {
        const toy_flee what = {
            .settings = settings[i],
            .locations = "C,,Here,1,1,camp; Zone,,Here,1,2,conflict_zone,0,9; Town,,Here,1,3,town;",
            .routes = "C,Zone,90; C,Town,90;",
            .conflict_columns = "Zone",
            .conflicts = "1;",
            .layout = "total,counts_1.csv\nC,counts_1.csv\n",
            .counts = {"2020-01-01,400000\n"},
            .more = {{"input_csv/demographics_gender.csv",
                      "gender,Default,C\nfemale,5,0\nmale,1,2\n"},
                     {"input_csv/demographics_age.csv", "age,Default\n40,1\n"}},
            .set = {"hop.camp_movechance=1"}};
        toy_world w = toy_make_flee(&what, 210 + (uint64_t)i);
        toy_days(&w, 1);
        toy_binomial(toy_road(&w, "C", "Zone"), n_people, to_zone[i], settings[i]);
        toy_end(&w);
    }
}

Test(hop_attributes, rules_ask_for_their_attributes)
{
    static const char *const row[][2] = {
        {"hop.women_avoid_hazards=true",
         "--set: hop.women_avoid_hazards is on but the scenario gives no attribute 'gender' of its "
         "people"},
        {"hop.children_avoid_hazards=true",
         "--set: hop.children_avoid_hazards is on but the scenario gives no attribute 'age' of its "
         "people"},
        {"hop.match_camp_religion=true",
         "--set: hop.match_camp_religion is on but the scenario gives no attribute 'religion' of "
         "its people"},
        {"hop.match_town_ethnicity=true",
         "--set: hop.match_town_ethnicity is on but the scenario gives no attribute 'ethnicity' of "
         "its people"}};
    const toy what = {
        .place = "A,town,7; B,town;", .link = "A,B,90;", .yaml = "spawn: {mode: none}"};
    for (int i = 0; i < 4; i++) {
        toy with = what;
        with.set[0] = row[i][0];
        toy_refused(&with, row[i][1]);
    }
}

// Likeness ---------------------------------------------------------------------------------------

// r = people there who are alike / population; ends: x 10 r by ethnicity, x r / avg by religion
// (camps). A camp has no population: the people who are there, or 1e8 in FLEE.
typedef struct likeness {
    const char *rule, *quirk;
    double in_camp;   // people in the camp of x
    double factor[5]; // of Town, Big town, Zone, Camp of x, Camp of y for somebody of x
} likeness;

// All who come from A are x; 2000 x are in Town (50,000), 3000 x and 3000 y in Big town (600,000),
// 500 x in Zone (10,000), some x in one camp, 300 y in the other.
static const char *const mixed =
    "A,forward,400000; Town,town,2000,50000; Big town,town,6000,600000; Zone,conflict,500,10000,,1;"
    "Camp of y,camp,300; Camp of x,camp,";
static const char *const to_mixed =
    "A,Town,90; A,Big town,90; A,Zone,90; A,Camp of x,90; A,Camp of y,90;";
Test(hop_attributes, people_are_drawn_to_their_like)
{
    static const likeness row[] = {
        {"hop.match_town_ethnicity",
         "false",
         300,
         {10 * 2000.0 / 50000, 10 * 6000.0 / 600000, 1, 1, 1}},
        {"hop.match_conflict_ethnicity", "false", 300, {1, 1, 10 * 500.0 / 10000, 1, 1}},
        {"hop.match_camp_ethnicity", "false", 300, {1, 1, 1, 10, 0}},
        {"hop.match_camp_ethnicity", "true", 5e6, {1, 1, 1, 10 * 5e6 / 1e8, 0}},
        {"hop.match_camp_religion", "false", 300, {1, 1, 1, 1 / 0.4, 0}},
        {"hop.match_camp_religion", "true", 5e6, {1, 1, 1, 5e6 / 1e8 / 0.4, 0}},
    };
    static const char *const end[] = {"Town", "Big town", "Zone", "Camp of x", "Camp of y"};
    static const double score[] = {1, 1, 0.5, 2, 2};
    for (int i = 0; i < 6; i++) {
        const char *name = strstr(row[i].rule, "religion") != NULL ? "religion" : "ethnicity";
        char attributes[256], rule[64], quirk[64], about[96], place[256];
        (void)snprintf(place, sizeof place, "%s%g;", mixed, row[i].in_camp);
        (void)snprintf(attributes, sizeof attributes,
                       "attribute,value,place,weight\n%s,x,,1\n%s,y,,0\n%s,x,Camp of y,0\n"
                       "%s,y,Camp of y,1\n",
                       name, name, name, name);
        (void)snprintf(rule, sizeof rule, "%s=true", row[i].rule);
        (void)snprintf(quirk, sizeof quirk, "quirks.population_floor_1e8=%s", row[i].quirk);
        const toy what = {.place = place,
                          .link = to_mixed,
                          .attributes = attributes,
                          .yaml = "spawn: {mode: none}\nhop: {max_move_speed: 10, camp_weight: 2, "
                                  "conflict_weight: 0.5, weight_softening: 0.3, "
                                  "default_movechance: 0, conflict_movechance: 0, "
                                  "camp_movechance: 0, avg_religion_fraction: 0.4}",
                          .set = {rule, quirk}};
        double weight[5], sum = 0.0;
        for (int e = 0; e < 5; e++) {
            weight[e] = 0.3 + score[e] * row[i].factor[e];
            sum += weight[e];
        }
        toy_world w = toy_make(&what, 220 + (uint64_t)i);
        toy_days(&w, 1);
        for (int e = 0; e < 5; e++) {
            (void)snprintf(about, sizeof about, "%s, %s: %s", row[i].rule, row[i].quirk, end[e]);
            toy_binomial(toy_road(&w, "A", end[e]), n_people, weight[e] / sum, about);
        }
        toy_end(&w);
    }
}

Test(hop_attributes, each_is_drawn_to_his_own)
{
    // Half of those who come are x, half y; one camp is x, the other y, the town is for all.
    const toy what = {.place = "A,forward,400000; Town,town; X,camp,300; Y,camp,300;",
                      .link = "A,Town,90; A,X,90; A,Y,90;",
                      .attributes = "attribute,value,place,weight\nethnicity,x,,1\nethnicity,y,,1\n"
                                    "ethnicity,y,X,0\nethnicity,x,Y,0\n",
                      .yaml = "spawn: {mode: none}\npeople: {axes: ethnicity}\n"
                              "hop: {max_move_speed: 10, camp_movechance: 0, "
                              "match_camp_ethnicity: true}"};
    toy_world w = toy_make(&what, 230);
    const flow_people_axis *axis = &w.m->groups.axis[0];
    toy_days(&w, 1);
    const double to_own = 10.0 / 11.0;
    toy_binomial(toy_road(&w, "A", "X"), n_people, 0.5 * to_own, "to the camp of x");
    toy_binomial(toy_road(&w, "A", "Town"), n_people, 1.0 - to_own, "to the town");
    for (int32_t l = 0; l < w.s->n_link; l++) {
        const char *to = w.s->place_name[w.s->link_to[l]];
        for (int32_t c = 0; c < w.m->road[l].n && strlen(to) == 1; c++) {
            const int32_t class_of = flow_group_class(axis, w.m->road[l].row[c].key.group);
            const char *own = flow_axis_label(w.s, axis, class_of);
            cr_expect_eq(own[0] - 'x', to[0] - 'X', "%s goes to %s", own, to);
        }
    }
    toy_end(&w);
}
