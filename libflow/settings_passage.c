// Keys of the section passage: how people pass links with channels.
#include "settings.h"

#include <stddef.h>

#define OWN "libflow"
#define NO_SOURCE "no source found"

#define PASSAGE(member) offsetof(flow_settings_passage, member)
#define UTILITY(key, unit, fallback, help)                                                         \
    {                                                                                              \
#key, PASSAGE(key), FLOW_DOUBLE, unit, fallback, -1000, 1000, NULL, 'A', NO_SOURCE, help   \
    }
const flow_field flow_passage_rows[] = {
    UTILITY(fee, "1", "2", "Utility that a fee as large as the wealth of the traveller takes."),
    UTILITY(success, "1", "3", "Utility of being sure not to be intercepted or turned back."),
    UTILITY(risk, "1", "20",
            "Utility that the risk to die, go missing or be trafficked takes, as it is perceived, "
            "at a risk of 1."),
    UTILITY(detour, "d-1", "0.1", "Utility that a day of travel takes, among ways to one place."),
    UTILITY(queue, "d-1", "0.02", "Utility that a day of waiting at the gate takes."),
    UTILITY(regular, "1", "0", "Utility of a regular crossing as such."),
    UTILITY(irregular, "1", "-1", "Utility of an irregular crossing without a smuggler as such."),
    UTILITY(smuggled, "1", "-1", "Utility of a crossing with a smuggler as such."),
    UTILITY(wait, "1", "0", "Utility of waiting instead of trying to pass."),
    {"awareness", PASSAGE(awareness), FLOW_LIST, "1", "[0, 0.333, 0.667, 1]", 0, 1, NULL, 'A', OWN,
     "Share of people who know the true risks, by their attribute awareness from 0 on, where the "
     "scenario has it."},
    {"credit", PASSAGE(credit), FLOW_DOUBLE, "USD", "0", 0, 1e9, NULL, 'A', OWN,
     "Most that a traveller can borrow for a fee; 0: nobody lends, and there is no debt."},
    {"pay_on_arrival", PASSAGE(pay_on_arrival), FLOW_BOOL, "", "false", 0, 0, NULL, 'A', OWN,
     "Fees are paid by those who pass; false: for each attempt."},
    {"retry", PASSAGE(retry), FLOW_DOUBLE, "d-1", "0.1", 0, 1000, NULL, 'A', NO_SOURCE,
     "Hazard that a person who waits tries again."},
    {"give_up", PASSAGE(give_up), FLOW_DOUBLE, "d-1", "0.01", 0, 1000, NULL, 'A', NO_SOURCE,
     "Hazard that a person who waits gives up and stays where he or she is."},
    {"missing_share", PASSAGE(missing_share), FLOW_DOUBLE, "1", "0.6", 0, 1, NULL, 'R',
     "IOM Missing Migrants Project: the bodies of most of those who die at sea are not found",
     "Share of those who die or go missing on the way who are counted as missing."},
    {"fee_elasticity", PASSAGE(fee_elasticity), FLOW_DOUBLE, "1", "0.5", 0, 10, NULL, 'A',
     "no usable source found; 0.3 to 1.0 is plausible",
     "Power of the ratio of interception with enforcement and without by which smugglers raise "
     "their fee."},
    {"debt_trafficking", PASSAGE(debt_trafficking), FLOW_DOUBLE, "1", "2", 0, 1000, NULL, 'A',
     NO_SOURCE, "Factor on the chance to be trafficked on the way for people in debt."},
    {"debt_exploitation", PASSAGE(debt_exploitation), FLOW_DOUBLE, "1", "2", 0, 1000, NULL, 'A',
     NO_SOURCE, "Factor on the hazard to be trafficked where they live for people in debt."},
    {"repay", PASSAGE(repay), FLOW_DOUBLE, "d-1", "0.0027379", 0, 1000, NULL, 'A',
     "libflow: once a year", "Hazard that a person in debt has paid it off."},
    {"recruitment_months", PASSAGE(recruitment_months), FLOW_DOUBLE, "1", "1", 0, 1000, NULL, 'V',
     "KNOMAD-ILO surveys of 5,500 migrants in 19 corridors: brokers add more than one month",
     "What a labour migrant pays for being recruited, in months of wages at the end of the link."},
    {"month_wage", PASSAGE(month_wage), FLOW_DOUBLE, "USD", "300", 0, 1e6, NULL, 'A', OWN,
     "Wage of a month where the quantity wage is 1."},
    FLOW_FIELD_END};
