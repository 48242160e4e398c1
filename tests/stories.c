#include "stories.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const story_name[N_STORY] = {"crowd", "matches", "flee",   "modules", "grid",
                                         "route", "journey", "folder", "causes",  "lattice",
                                         "rules", "relief",  "status", "channels"};

/// End the program with a text: plain programs use stories, too.
FLOW_PRINTF(1, 2)
static void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("stories: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    abort();
}

#define PLACES "name,region,country,latitude,longitude,kind,population,capacity,initial_idps,sink\n"

static const char *const crowd[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: crowd\nperiod: {start: 2024-01-01, days: 40}\n"
                      "spawn: {mode: conflict, rate_kind: poisson, rate: 300}\n"
                      "people: {axes: 'origin, status, cause, gender'}\n"
                      "hop: {max_move_speed: 100, avoid_short_stints: true, start_on_foot: true,\n"
                      "  default_movechance: 0.4, awareness_level: 2, camps_are_sinks: true}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,conflict,100000,,0,\nBor,R,A,1,2,town,5000,,230,\n"
                          "Col,R,A,2,2,town,7000,,0,\nDun,R,B,2,3,camp,0,4000,1700,0.01\n"
                          "Els,R,B,3,3,camp,0,,0,\nFar,R,B,3,4,camp,0,900,500,\n"},
    {"links.csv", "from,to,length_km,walk_probability\nAlm,Bor,60,0.2\nAlm,Col,140,0\n"
                  "Bor,Dun,90,0\nCol,Dun,40,0.5\nCol,Els,170,0\nDun,Els,230,"
                  "0\nEls,Far,15,0\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,,1\nBor,7,19,0.5\nBor,19,30,2\n"},
    {"closures.csv", "kind,from,to,start,end\nlink,Bor,Dun,5,9\nlink,Bor,Dun,8,14\n"
                     "place,Col,,20,24\ncamp,Els,,11,17\n"},
    {"attributes.csv",
     "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\nage,7,,40\nage,33,,50\n"
     "age,71,,10\nhousehold_size,1,,1\nhousehold_size,3,,2\nhousehold_size,6,,1\n"},
    {NULL, NULL}};

static const char *const matches[][2] = {
    {"scenario.yaml",
     "libflow: 1\ntitle: matches\nperiod: {start: 2024-01-01, days: 40}\n"
     "spawn: {take_from_population: true}\n"
     "conflict: {decay: [1, 0.5, 0.25], decay_interval: 6}\n"
     "hop: {max_move_speed: 200, match_camp_religion: true, match_town_ethnicity: true,\n"
     "  match_conflict_ethnicity: true, match_camp_ethnicity: true, boys_take_risk: true,\n"
     "  children_avoid_hazards: true, stay_close_to_home: true, use_pop_for_loc_weight: true,\n"
     "  movechance_pop_scale_factor: 0.1, weight_power: 1.5, pruning_threshold: 20}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,conflict,400,,0,\nBor,R,A,1,2,conflict,9000,,0,\n"
                          "Col,R,A,2,2,town,7000,,12,\nDun,R,B,2,3,camp,0,2500,0,\n"
                          "Els,R,B,3,3,idp_camp,0,,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,60\nAlm,Col,140\nBor,Dun,90\nCol,Dun,40\n"
                  "Col,Els,170\nDun,Els,230\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,,1\nBor,12,,1\n"},
    {"closures.csv", "kind,from,to,start,end\nidp_camp,Els,,4,9\n"},
    {"observations.csv",
     "place,date,people\nDun,2024-01-01,100\nDun,2024-01-16,2100\nDun,2024-01-23,700\n"
     "Dun,2024-02-09,4000\nEls,2024-01-01,30\nEls,2024-02-09,3000\n"},
    {"attributes.csv", "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\nage,7,,40\n"
                       "age,16,,10\nage,33,,50\nage,71,,10\nreligion,x,,1\nreligion,y,,2\n"
                       "ethnicity,u,,3\nethnicity,v,,1\n"},
    {NULL, NULL}};

static const char *const flee[][2] = {
    {"scenario.yaml",
     "libflow: 1\ntitle: flee\nperiod: {start: 2024-01-01, days: 40}\n"
     "quirks: {closed_links_turn_back: true, fixed_routes_stale_scores: true,\n"
     "  day0_reduces_capacity: true, closures_do_not_stack: true, conflict_ends_as_town: true,\n"
     "  overdrawn_population: true, full_speed_per_link: true, low_movechance_is_camp: true}\n"
     "conflict: {decay: [1, 0.5], decay_interval: 9}\n"
     "hop: {max_move_speed: 150, fixed_routes: true, awareness_level: 3,\n"
     "  movechance_pop_scale_factor: -0.1, avoid_short_stints: true}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,conflict,3000,,0,\nBor,R,A,1,2,town,9000,,40,\n"
                          "Col,R,A,2,2,forward,0,,0,\nDun,R,B,2,3,camp,0,2500,0,\n"
                          "Els,R,B,3,3,camp,0,700,0,\nMid,R,B,3,3,marker,0,,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,60\nAlm,Col,340\nBor,Dun,290\nCol,Dun,40\n"
                  "Col,Mid,100\nMid,Els,200\nDun,Els,230\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,21,1\nBor,9,,0.7\n"},
    {"closures.csv", "kind,from,to,start,end\nlink,Bor,Dun,3,5\nlink,Bor,Dun,4,7\n"
                     "country,A,B,20,24\nlink,Alm,Col,10,30\n"},
    {"observations.csv", "place,date,people\nDun,2024-01-01,600\nDun,2024-02-09,3000\n"
                         "Els,2024-01-01,100\nEls,2024-02-09,900\n"},
    {"major_routes.csv", "route,order,place\n1,1,Alm\n1,2,Bor\n1,3,Dun\n"},
    {NULL, NULL}};

static const char *const modules[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: modules\nperiod: {start: 2021-03-01, days: 40}\n"
                      "spawn: {mode: conflict, rate: 50}\nhop: {default_movechance: 0.2}\n"
                      "conflict_events: {reach_km: 120}\n"
                      "drought: [{name: rain, index: spi, series: spi.csv}]\n"},
    {"places.csv", "name,kind,country,region,latitude,longitude,population,capacity\n"
                   "Alder,conflict,Inland,East,1.50,20.25,12000,\n"
                   "Birch,town,Inland,East,1.62,20.31,9000,\n"
                   "Dogwood,camp,Coast,South,0.50,19.00,,9000\n"},
    {"links.csv", "from,to,length_km\nAlder,Birch,18\nAlder,Dogwood,140\nBirch,Dogwood,230\n"},
    {"conflict.csv", "place,start,end,intensity\nAlder,0,,1\n"},
    {"events.csv", "event_date,event_type,latitude,longitude,fatalities\n"
                   "2021-03-02,Battles,1.62,20.30,3\n2021-03-05,Battles,1.5,20.25,40\n"
                   "2021-03-28,Battles,1.5,20.25,7\n"},
    {"spi.csv", "place,date,spi\nAlder,2021-03-01,-0.5\nAlder,2021-03-11,-1.75\n"
                "Alder,2021-03-31,-3.5\nBirch,10,-2\n"},
    {NULL, NULL}};

static const char *const relief[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: relief\nperiod: {start: 2024-01-13, days: 40}\n"
                      "spawn: {mode: conflict, rate: 37}\n"
                      "budget: {amount: 30000, spread: true}\npayer: {budget: budget}\n"
                      "needs: {}\ncoordination: {lead_days: 3}\nmonitoring: {every: 7}\n"
                      "food_aid: [{budget: budget, lead_days: 2}, {name: late, target: cost,\n"
                      "  start: 2024-02-01, most_per_day: 90, cost_site: 3}]\n"
                      "shelter_kits: {lead_days: 1, most_per_day: 9, life: 20}\n"
                      "cash: {lead_days: 4, target: vulnerability, most_per_day: 70}\n"
                      "registration_drive: {lead_days: 2, most_per_day: 11}\n"
                      "anticipatory_cash: {who: all, budget: budget}\n"},
    {"forecasts.csv", "place,date,probability\nBor,2024-01-20,0.7\nBor,2024-01-23,0.1\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,conflict,3000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Dun,R,B,2,3,camp,0,300,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,130\nBor,Dun,210\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,,1\n"},
    {NULL, NULL}};

static const char *const route[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: route\nperiod: {start: 2024-01-01, days: 40}\n"
                      "spawn: {mode: conflict, rate: 37}\n"
                      "hop: {max_move_speed: 20, max_walk_speed: 9, avoid_short_stints: true,\n"
                      "  memory_bins: 7, capacity_batch: 0.05}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,conflict,3000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Dun,R,B,2,3,camp,0,300,0,\n"},
    {"links.csv", "from,to,length_km,speed_km_d,walk_probability\nAlm,Bor,130,,0.3\n"
                  "Bor,Dun,210,31,0\nAlm,Dun,300,,1\n"},
    {"conflict.csv", "place,start,end,intensity\nAlm,0,,1\n"},
    {NULL, NULL}};

static const char *const journey[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: journey\nperiod: {start: 2024-01-01, days: 40}\n"
                      "movement: {rule: destination}\ndestination: {speed: 50}\n"
                      "destination_economic: {may_stay: true, annual_rate: 0.04}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,town,30000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Col,R,A,2,2,town,7000,,0,\nDun,R,B,2,3,camp,0,2500,0,\n"
                          "Els,R,B,3,3,town,5000,,0,\nMid,R,B,3,4,marker,0,,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,60\nAlm,Col,140\nBor,Dun,90\nCol,Dun,40\n"
                  "Col,Mid,70\nMid,Els,100\nDun,Els,230\n"},
    {"closures.csv", "kind,from,to,start,end\nlink,Bor,Dun,5,9\nlink,Alm,Col,12,17\n"},
    {"attributes.csv", "attribute,value,place,weight\nhousehold_size,1,,1\nhousehold_size,4,,2\n"},
    {NULL, NULL}};

/// A FLEE folder.
static const char *const folder[][2] = {
    {"simsetting.yml", "move_rules:\n  max_move_speed: 120\n  max_walk_speed: 30\n"
                       "  camp_movechance: 0.01\n  conflict_movechance: 0.9\n"
                       "  default_movechance: 0.4\n  awareness_level: 2\n"
                       "  capacity_buffer: 0.8\n"},
    {"input_csv/sim_period.csv", "StartDate,2020-01-01\nLength,40\n"},
    {"input_csv/locations.csv",
     "#name,region,country,gps_x,gps_y,location_type,conflict_date,pop/cap\n"
     "Alm,R,A,1,1,conflict_zone,0,9000\nBor,R,A,1,2,conflict_zone,7,5000\n"
     "Col,R,A,2,2,town,0,0\nMid,R,A,2,3,marker,0,0\nDun,S,B,2,3,camp,0,1500\n"
     "Els,S,B,3,3,camp,0,4000\nFar,S,B,3,4,forwarding_hub,0,0\n"},
    {"input_csv/routes.csv", "#name1,name2,distance,forced_redirection\nAlm,Bor,60,0\n"
                             "Alm,Col,140,0\nBor,Mid,90,0\nMid,Dun,110,0\nCol,Dun,40,0\n"
                             "Col,Els,170,0\nDun,Els,230,0\nFar,Els,50,2\nBor,Far,300,0\n"},
    {"input_csv/conflicts.csv",
     "#Day,Alm,Bor\n0,1,0\n1,1,0\n2,1,0\n3,1,0\n4,1,0\n5,1,0\n6,1,0\n7,1,1\n8,1,1\n"
     "9,1,1\n10,1,1\n11,1,1\n12,1,1\n13,1,1\n14,1,1\n15,1,1\n16,1,1\n17,1,1\n"
     "18,1,1\n19,1,1\n20,1,1\n21,1,1\n22,1,1\n23,1,1\n24,1,1\n25,1,1\n26,1,1\n"
     "27,1,1\n28,1,1\n29,1,1\n30,1,1\n31,1,1\n32,1,1\n33,1,1\n34,1,1\n35,1,1\n"
     "36,1,1\n37,1,1\n38,1,1\n39,1,1\n"},
    {"input_csv/closures.csv", "#closure_type,name1,name2,closure_start,closure_end\n"
                               "country,A,B,9,13\nlocation,Els,B,20,26\n"},
    {"source_data/data_layout.csv", "total,refugees.csv\nDun,dun.csv\nEls,els.csv\n"},
    {"source_data/refugees.csv", "2020-01-01,400\n2020-01-11,2300\n2020-02-10,5600\n"},
    {"source_data/dun.csv", "2020-01-01,300\n2020-01-21,1100\n2020-02-10,1400\n"},
    {"source_data/els.csv", "2020-01-01,100\n2020-02-10,4200\n"},
    {NULL, NULL}};

static const char *const causes[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: causes\nperiod: {start: 2021-03-01, days: 40}\n"
                      "movement: {rule: destination}\ndestination: {speed: 90}\n"
                      "people: {axes: 'origin, status'}\n"
                      "conflict_events: {reach_km: 200}\n"
                      "drought: [{name: rain, index: spi, series: spi.csv, rate: 0.01}]\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,town,30000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Col,S,A,2,2,town,7000,,0,\nDun,S,B,2,3,camp,0,2500,0,\n"
                          "Els,S,B,3,3,town,5000,,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,160\nAlm,Col,140\nBor,Dun,190\nCol,Dun,40\n"
                  "Col,Els,170\nDun,Els,230\n"},
    {"events.csv", "event_date,event_type,latitude,longitude,fatalities\n"
                   "2021-03-03,Battles,1,1,30\n2021-03-11,Battles,1,1.5,140\n"
                   "2021-03-28,Battles,2,2,7\n"},
    {"spi.csv", "place,date,spi\nAlm,2021-03-01,-1.5\nAlm,2021-03-21,-3\nBor,10,-2\nEls,20,-2.5\n"},
    {"attributes.csv", "attribute,value,place,weight\nhousehold_size,1,,1\nhousehold_size,5,,2\n"},
    {NULL, NULL}};

static const char *const rules[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: rules\nperiod: {start: 2024-01-01, days: 40}\n"
                      "movement: {rule: destination}\n"
                      "destination: {speed: 90, competition: -0.4, missing: gravity}\n"
                      "destination_conflict: {kind: table}\n"
                      "destination_flood: {kind: competing, radius: 3}\n"
                      "destination_drought: {kind: balanced}\n"
                      "destination_onward: {kind: callback, may_stay: true}\n"
                      "people: {axes: 'origin, gender', leave: leave.csv}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,town,9000,,0,\nBor,R,A,1,2,town,7000,,0,\n"
                          "Col,S,A,2,2,town,8000,,0,\nDun,S,B,2,3,camp,0,2500,0,\n"
                          "Els,S,B,3,3,town,5000,,0,\n"},
    {"links.csv", "from,to,length_km,mode\nAlm,Bor,160,\nAlm,Col,140,boat\nBor,Dun,190,rail\n"
                  "Col,Dun,40,foot\nCol,Els,170,\nDun,Els,230,\n"},
    {"closures.csv", "kind,from,to,start,end\nlink,Bor,Dun,5,19\nlink,Col,Dun,12,17\n"},
    {"shares.csv", "origin,destination,share,date\nAlm,Bor,0.7,\nAlm,Els,0.3,\nAlm,Dun,1,9\n"
                   "Alm,Col,1,23\nBor,Els,1,\n"},
    {"leave.csv", "axis,class,cause,factor,radius\ngender,f,conflict,1.6,2\ngender,m,flood,0.3,\n"
                  "age,0..17,,0.5,4\n"},
    {"attributes.csv", "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\nage,7,,40\n"
                       "age,12,,20\nage,33,,50\n"},
    {NULL, NULL}};

static const char *const status[][2] = {
    {"scenario.yaml",
     "libflow: 1\ntitle: status\nperiod: {start: 2024-01-01, days: 40}\n"
     "movement: {rule: destination}\ndestination: {speed: 90}\npeople: {leave: leave.csv}\n"
     "status: {policies: policies.csv, origins: origins.csv, redisplaced: 9, reintegrate: 4,\n"
     "  claim: 3, naturalise: 1, remain: 1, overstay: 2, exploit: 1, identify: 5}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,town,30000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Col,R,B,2,2,town,7000,,0,\nDun,R,B,2,3,camp,0,2500,0,\n"
                          "Els,R,C,3,3,town,5000,,0,\nFar,R,D,3,9,town,800,,0,\n"},
    {"links.csv", "from,to,length_km\nAlm,Bor,60\nAlm,Col,140\nBor,Dun,90\nCol,Dun,40\n"
                  "Col,Els,170\nDun,Els,230\nEls,Far,900\n"},
    {"policies.csv", "country,date,prima_facie,claim_share,decisions,appeals,resettlement_places\n"
                     "B,0,0.4,0.7,11.3,0.3,\nB,19,0.9,,30,,\nC,0,0,0.6,7.7,0.9,\nD,0,,,,,3.3\n"},
    {"origins.csv", "country,date,recognition\nA,0,0.6\nB,0,0.1\n"},
    {"leave.csv", "axis,class,cause,factor\ngender,f,resettlement,3.5\ngender,m,death,2\n"},
    {"attributes.csv", "attribute,value,place,weight\ngender,f,,53\ngender,m,,47\n"
                       "household_size,1,,1\nhousehold_size,3,,2\n"},
    {NULL, NULL}};

enum { side = 18, most_file = 12, text_size = 32768 };

/// side x side places, neighbours linked, people everywhere, at home or displaced.
static const char *const (*grid(bool journeys))[2]
{
    static char places[text_size], links[text_size];
    static const char *const hop[][2] = {
        {"scenario.yaml", "libflow: 1\ntitle: grid\nperiod: {start: 2024-01-01, days: 12}\n"
                          "spawn: {mode: none}\nhop: {onward: false, default_movechance: 0.3}\n"},
        {"places.csv", places},
        {"links.csv", links},
        {NULL, NULL}};
    static const char *const destination[][2] = {
        {"scenario.yaml", "libflow: 1\ntitle: lattice\nperiod: {start: 2024-01-01, days: 12}\n"
                          "movement: {rule: destination}\ndestination: {speed: 60, most: 20}\n"
                          "people: {axes: 'origin, status'}\n"},
        {"places.csv", places},
        {"links.csv", links},
        {NULL, NULL}};
    const char *const(*file)[2] = journeys ? destination : hop;
    size_t p = 0, l = 0;
    p += (size_t)snprintf(places, sizeof places, "%s", PLACES);
    l += (size_t)snprintf(links, sizeof links, "from,to,length_km\n");
    for (int i = 0; i < side * side; i++) {
        const int x = i % side, y = i / side;
        const int people = 31 + (i * 7) % 11;
        p += (size_t)snprintf(places + p, sizeof places - p, "P%d,R,A,,,town,%d,,%d,\n", i,
                              journeys ? people : 0, journeys ? 0 : people);
        if (x + 1 < side) {
            l += (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d\n", i, i + 1, 50 + x);
        }
        if (y + 1 < side) { // some of these links take more than a day
            l += (size_t)snprintf(links + l, sizeof links - l, "P%d,P%d,%d\n", i, i + side,
                                  90 + 120 * (x % 5));
        }
    }
    if (p >= text_size - 1 || l >= text_size - 1) { fail("a grid is too large"); }
    return file;
}

// Two ways over the sea and a border on land, for households that are rich or poor.
static const char *const channels[][2] = {
    {"scenario.yaml", "libflow: 1\ntitle: channels\nperiod: {start: 2024-01-01, days: 40}\n"
                      "movement: {rule: destination}\ndestination: {speed: 90}\n"
                      "destination_economic: {may_stay: true, annual_rate: 0.2}\n"
                      "people: {axes: 'origin, status, debt'}\n"
                      "passage: {credit: 900, retry: 0.2, give_up: 0.05, repay: 0.03}\n"
                      "channels: {table: channels.csv}\n"},
    {"places.csv", PLACES "Alm,R,A,1,1,town,30000,,0,\nBor,R,A,1,2,town,9000,,0,\n"
                          "Col,S,B,2,2,town,7000,,0,\nDun,S,B,2,3,camp,0,2500,0,\n"
                          "Els,S,C,3,3,town,5000,,0,\n"},
    {"links.csv", "from,to,length_km,mode\nAlm,Bor,60,\nBor,Col,190,boat\nBor,Dun,240,boat\n"
                  "Col,Dun,40,\nCol,Els,70,\nAlm,Els,900,foot\n"},
    {"channels.csv",
     "from,to,channel,date,fee_usd,interception,success,death_risk,trafficking_risk,capacity\n"
     "A,B,regular,,20,0,1,0.001,0,31\nBor,Col,irregular,,0,0.4,0.9,0.05,0.02,7.3\n"
     "A,B,smuggled,,1500,0.2,0.95,0.03,0.04,\nA,B,smuggled,2024-01-19,2100,0.3,0.9,0.05,0.04,\n"
     "B,C,irregular,,40,0.1,0.9,0,0,\nB,C,regular,,,,,,,\n"},
    {"attributes.csv", "attribute,value,place,weight\nhousehold_size,1,,1\nhousehold_size,3,,2\n"
                       "wealth,300,,2\nwealth,1500,,1\nawareness,0,,3\nawareness,2,,1\n"},
    {NULL, NULL}};

/// A forcing whose value depends on what it was in the step before.
static flow_err fill(void *context, uint32_t member, int32_t step, double *value, int64_t n)
{
    const double *top = context;
    const double swing = (double)((member + (uint32_t)step) % 3) / 3.0;
    for (int64_t i = 0; i < n; i++) {
        const double now = value[i] < *top ? value[i] : 0.0;
        value[i] = now * 0.5 + *top * 0.5 * (i % 2 == 0 ? swing : 1.0 - swing);
    }
    return FLOW_OK;
}

/// Quantities that a story is driven with, and their largest values.
typedef struct drive {
    const char *quantity;
    double top;
} drive;

static const drive weather[] = {{"hazard_flood", 2.0}};
static const drive rumours[] = {{"hazard_onward", 0.3}, {"hazard_conflict", 0.2}};
static const drive borders[] = {
    {"return_hazard", 0.02}, {"crossings", 90.0}, {"hazard_flood", 0.01}};
static const drive hard_times[] = {
    {"hazard_conflict", 0.05}, {"hazard_economic", 0.03}, {"hazard_onward", 0.02},
    {"return_hazard", 0.02},   {"crossings", 130.0},      {"labour_permits", 17.3},
    {"passable", 1.0},         {"speed_factor", 1.0},     {"extra_capacity", 900.0},
    {"safety", 1.0},           {"onset_flood", 0.01},     {"quota", 90.7}};

static const drive upheaval[] = {{"hazard_conflict", 0.05},
                                 {"hazard_economic", 0.01},
                                 {"return_hazard", 0.04},
                                 {"death_hazard", 0.004},
                                 {"crossings", 130.0}};

static const drive all_causes[] = {{"hazard_conflict", 0.04},
                                   {"hazard_flood", 0.02},
                                   {"hazard_drought", 0.01},
                                   {"hazard_onward", 0.05},
                                   {"onset_flood", 0.02}};

/// People like large places that are near; a function of the question alone.
static flow_err like(void *context, const flow_question *q, double *weight)
{
    (void)context;
    for (int32_t k = 0; k < q->n; k++) {
        weight[k] = q->people[k] / (1.0 + q->days[k] + (double)(q->step % 3));
    }
    return FLOW_OK;
}

static const flow_filler fillers[] = {{"onward", like, NULL}};

static const drive smugglers[] = {
    {"hazard_conflict", 0.05}, {"hazard_economic", 0.03},          {"hazard_onward", 0.02},
    {"return_hazard", 0.02},   {"labour_permits", 17.3},           {"passable", 1.0},
    {"entry_refugee", 0.4},    {"detection_factor_smuggled", 2.0}, {"ethical_recruitment", 0.5}};

enum { most_drive = 16 };

/// Forcings of a story; they live as long as the program.
static const flow_forcing *forcings_of(int story, int32_t *n)
{
    static flow_forcing forcing[most_drive];
    static double top[most_drive];
    const drive *list = NULL;
    *n = 0;
#define LIST(rows) (list = (rows), *n = (int32_t)(sizeof(rows) / sizeof *(rows)))
    switch (story) {
    case STORY_MODULES: LIST(weather); break;
    case STORY_JOURNEY: LIST(hard_times); break;
    case STORY_CAUSES: LIST(borders); break;
    case STORY_LATTICE: LIST(rumours); break;
    case STORY_RULES: LIST(all_causes); break;
    case STORY_STATUS: LIST(upheaval); break;
    case STORY_CHANNELS: LIST(smugglers); break;
    default: break;
    }
#undef LIST
    for (int32_t i = 0; i < *n; i++) {
        top[i] = list[i].top;
        forcing[i] = (flow_forcing){.name = list[i].quantity,
                                    .quantity = list[i].quantity,
                                    .fill = fill,
                                    .context = &top[i]};
    }
    return forcing;
}

/// A response that spends more from day to day.
typedef struct purse {
    char *budget;
} purse;

static flow_err pay(flow_turn *turn)
{
    for (int32_t i = 0; i < turn->world->n_place; i++) {
        turn->own[0][i] = flow_turn_spend(turn, i, 3.1415 * (turn->step + i));
    }
    return FLOW_OK;
}

static const flow_field purse_rows[] = {
    {"budget", offsetof(purse, budget), FLOW_TEXT, "", "budget", 0, 0, NULL, '-', "", "Which."},
    FLOW_FIELD_END};
static const flow_module payer = {.version = FLOW_MODULE_VERSION,
                                  .kind = FLOW_RESPONSE,
                                  .name = "payer",
                                  .help = "A response of a story.",
                                  .source = "stories",
                                  .field = purse_rows,
                                  .param_size = sizeof(purse),
                                  .writes = "awareness,cost",
                                  .step = pay};

flow_scenario *story_load(int story, const char *const *set)
{
    const char *const(*file)[2] = NULL;
    switch (story) {
    case STORY_CROWD: file = crowd; break;
    case STORY_MATCHES: file = matches; break;
    case STORY_FLEE: file = flee; break;
    case STORY_MODULES: file = modules; break;
    case STORY_ROUTE: file = route; break;
    case STORY_JOURNEY: file = journey; break;
    case STORY_FOLDER: file = folder; break;
    case STORY_CAUSES: file = causes; break;
    case STORY_RULES: file = rules; break;
    case STORY_RELIEF: file = relief; break;
    case STORY_STATUS: file = status; break;
    case STORY_CHANNELS: file = channels; break;
    default: file = grid(story == STORY_LATTICE); break;
    }
    flow_file list[most_file];
    int32_t n = 0;
    for (; file[n][0] != NULL; n++) {
        if (n == most_file) { fail("too many files"); }
        list[n] = (flow_file){file[n][0], file[n][1], (int64_t)strlen(file[n][1])};
    }
    flow_load_options options = {.set = set};
    while (set != NULL && set[options.n_set] != NULL) { options.n_set++; }
    options.forcing = forcings_of(story, &options.n_forcing);
    static const flow_module *const more[] = {&payer};
    options.module = more;
    options.n_module = 1;
    options.filler = fillers;
    options.n_filler = story == STORY_RULES;
    flow_scenario *s = NULL;
    if (flow_scenario_load_memory(list, n, &options, &s) != FLOW_OK) {
        fail("%s: %s", story_name[story], flow_error_text());
    }
    return s;
}

flow_model *story_model(const flow_scenario *s, uint64_t seed, flow_individuals individuals,
                        int32_t threads)
{
    const flow_model_options options = {.seed = seed,
                                        .member = 3,
                                        .threads = threads,
                                        .individuals = individuals,
                                        .sample_share = 0.17,
                                        .history = true};
    flow_model *m = NULL;
    if (flow_model_create(s, &options, &m) != FLOW_OK) { fail("%s", flow_error_text()); }
    return m;
}

void story_step(int story, flow_model *m)
{
    const int32_t day = flow_model_day(m);
    if (story == STORY_MODULES && (day == 4 || day == 9)) {
        const double value[3] = {0.25, 0.5 * day, 0.0};
        const char *const name = day == 4 ? "wage" : "hazard_conflict";
        if (flow_model_assign(m, name, value, 3) != FLOW_OK) { fail("%s", flow_error_text()); }
    }
    if (flow_model_step(m) != FLOW_OK) { fail("%s", flow_error_text()); }
}

static flow_err add(void *context, const void *bytes, int64_t n)
{
    saved *out = context;
    if (out->n + n > out->size) {
        out->size = 2 * (out->n + n);
        out->byte = realloc(out->byte, (size_t)out->size);
        if (out->byte == NULL) { fail("no memory"); }
    }
    memcpy(out->byte + out->n, bytes, (size_t)n);
    out->n += n;
    return FLOW_OK;
}

void save(const flow_model *m, saved *out)
{
    out->n = 0;
    flow_sink sink = {.write = add, .context = out};
    if (flow_state_save(m, &sink) != FLOW_OK) { fail("%s", flow_error_text()); }
    if (sink.n != out->n) { fail("%d bytes of %d", (int)out->n, (int)sink.n); }
}

void load(flow_model *m, const saved *in)
{
    if (flow_state_load(m, in->byte, in->n) != FLOW_OK) { fail("%s", flow_error_text()); }
}

bool same_state(const flow_model *a, const flow_model *b)
{
    saved x = {0}, y = {0};
    save(a, &x);
    save(b, &y);
    const bool same = x.n == y.n && memcmp(x.byte, y.byte, (size_t)x.n) == 0;
    free(x.byte);
    free(y.byte);
    return same;
}
