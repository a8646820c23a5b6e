"""The codes of a family centre: its seven tasks, areas, sectors and organisations, shared by its streams (F4, F5).

Closed lists, so that no text and no person can enter under them: another area or organisation is another line here.
Sources: the Rovaniemi family centre's handbook (S1); the seven tasks are those of the national model.
"""

from __future__ import annotations

from enum import StrEnum


class FamilyCentreTask(StrEnum):
    """The seven tasks of a family centre."""

    HEALTH_AND_WELLBEING = "health_and_wellbeing"
    PARENTING_AND_RELATIONSHIP = "parenting_and_relationship"
    EARLY_SUPPORT = "early_support"
    AMICABLE_SEPARATION = "amicable_separation"
    DIVERSITY_OF_FAMILIES = "diversity_of_families"
    PREVENTION_OF_VIOLENCE = "prevention_of_violence"
    PEER_SUPPORT_AND_COMMUNITY = "peer_support_and_community"


class FamilyCentreArea(StrEnum):
    """The family centres of the south-eastern area of Lapland."""

    ROVANIEMI = "rovaniemi"
    POSIO = "posio"
    RANUA = "ranua"


class Sector(StrEnum):
    """Whom somebody represents in a group of the family centre."""

    GROWTH_AND_LEARNING = "growth_and_learning"
    LEISURE = "leisure"
    HEALTH = "health"
    SOCIAL_SERVICES = "social_services"
    ORGANISATIONS = "organisations"
    PARISH = "parish"
    COUNTY = "county"
    MUNICIPALITY = "municipality"


class PlaceOrganisation(StrEnum):
    """Who organises open meeting places or comes to them."""

    OPEN_EARLY_EDUCATION = "open_early_education"
    PARISH = "parish"
    CHILD_WELFARE_LEAGUE = "child_welfare_league"
    SPECIAL_CHILDREN_ASSOCIATION = "special_children_association"
    MOTHER_AND_CHILD_HOME_ASSOCIATION = "mother_and_child_home_association"
    SINGLE_PARENTS_ASSOCIATION = "single_parents_association"
    GIRLS_HOUSE = "girls_house"
    SOS_CHILDRENS_VILLAGE = "sos_childrens_village"
    INTEGRATION_HOUSE = "integration_house"
    MATERNITY_CLINIC = "maternity_clinic"
    FAMILY_SOCIAL_WORK = "family_social_work"
    FAMILY_COUNSELLING = "family_counselling"
    OTHER_ORGANISATION = "other_organisation"
