"""The organisations and professions that work with children and families (S1): closed codes, shared by several streams.

Never here: the name of any one organisation, unit or person.
"""

from __future__ import annotations

from enum import StrEnum


class Organisation(StrEnum):
    """From where a member, an owner of an action, a consulted one or a partner comes; and where a family is guided."""

    MATERNITY_CLINIC = "maternity_clinic"
    SCHOOL_HEALTH_CARE = "school_health_care"
    HEALTH_SERVICES = "health_services"
    MENTAL_HEALTH_SERVICES = "mental_health_services"
    SUBSTANCE_SERVICES = "substance_services"
    SPECIALISED_CARE = "specialised_care"
    EARLY_EDUCATION = "early_education"
    SCHOOL = "school"
    STUDENT_WELFARE = "student_welfare"
    FAMILY_COUNSELLING = "family_counselling"
    FAMILY_LAW_SERVICES = "family_law_services"
    HOME_SERVICE = "home_service"
    FAMILY_SOCIAL_WORK = "family_social_work"
    CHILD_WELFARE = "child_welfare"
    ADULT_SOCIAL_WORK = "adult_social_work"
    DISABILITY_SERVICES = "disability_services"
    YOUTH_WORK = "youth_work"
    MUNICIPAL_LEISURE = "municipal_leisure"
    POLICE = "police"
    VIOLENCE_SERVICES = "violence_services"
    ASSOCIATION = "association"
    PARISH = "parish"
    OTHER_ORGANISATION = "other_organisation"


class Profession(StrEnum):
    """What somebody at a case conference is by profession."""

    PUBLIC_HEALTH_NURSE = "public_health_nurse"
    PHYSICIAN = "physician"
    PHYSIOTHERAPIST = "physiotherapist"
    OCCUPATIONAL_THERAPIST = "occupational_therapist"
    SPEECH_THERAPIST = "speech_therapist"
    PSYCHOLOGIST = "psychologist"
    SPECIAL_TEACHER = "special_teacher"
    EARLY_EDUCATOR = "early_educator"
    TEACHER = "teacher"
    SCHOOL_SOCIAL_WORKER = "school_social_worker"
    SOCIAL_WORKER = "social_worker"
    POLICE_OFFICER = "police_officer"
    YOUTH_WORKER = "youth_worker"
    OTHER_PROFESSION = "other_profession"
