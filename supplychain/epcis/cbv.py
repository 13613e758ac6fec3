"""The vocabularies of CBV 2.0, whole, and the four spellings of each of their words.

One word has a bare form (`shipping`, what JSON wants), a web URI (`https://ref.gs1.org/cbv/BizStep-shipping`), the same
as a CURIE (`cbv:BizStep-shipping`) and the URN of EPCIS 1.2 (`urn:epcglobal:cbv:bizstep:shipping`, what XML has). A
vocabulary is open: any other URI is a word that somebody else has defined, and stays as it is.

>>> BIZ_STEP.bare("urn:epcglobal:cbv:bizstep:shipping"), BIZ_STEP.urn("shipping"), BIZ_STEP.bare("https://a.example/b")
('shipping', 'urn:epcglobal:cbv:bizstep:shipping', None)

Source: GS1 Core Business Vocabulary 2.0, section 7; GS1 Web Vocabulary (measurement types).
"""

from dataclasses import dataclass

from supplychain.epcis.errors import EPCISError

CBV_STEM = "https://ref.gs1.org/cbv/"
CBV_CURIE = "cbv:"
CBV_URN = "urn:epcglobal:cbv:"
GS1_VOC = "https://gs1.org/voc/"
# In JSON a standard word is bare: these say the same word again, and GS1's schema refuses them there.
_NOT_IN_JSON = (CBV_URN, "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/")
_NOT_IN_REPORTS = tuple(f"{http}://{host}/voc/" for http in ("http", "https") for host in ("gs1.org", "www.gs1.org"))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One list of words. `name` is what messages call a word, `stem` and `urn_stem` stand in front of the word."""

    name: str
    words: frozenset[str]
    stem: str
    urn_stem: str
    refused: tuple[str, ...] = _NOT_IN_JSON
    other_stem: str = ""  # a second address of the same words

    def bare(self, text: str) -> str | None:
        """The bare word of any spelling, or None for a word of somebody else's."""
        if text in self.words:
            return text
        for stem in (self.stem, self.curie_stem, self.urn_stem, self.other_stem):
            if stem and text.startswith(stem) and (word := text[len(stem) :]) in self.words:
                return word
        return None

    @property
    def curie_stem(self) -> str:
        """What stands in front of the word in a CURIE."""
        if self.stem.startswith(CBV_STEM):
            return CBV_CURIE + self.stem[len(CBV_STEM) :]
        return "gs1:"

    def web_uri(self, text: str) -> str:
        """The web URI of a standard word in any spelling; any other text as it is."""
        word = self.bare(text)
        return text if word is None else self.stem + word

    def urn(self, text: str) -> str:
        """The URN of a standard word in any spelling; any other text as it is. Words without a URN get their URI."""
        word = self.bare(text)
        return text if word is None else (self.urn_stem or self.stem) + word

    def check(self, text: str) -> bool:
        """Whether `text` is a standard word that needs no look at its form; False if it has to be a URI of others.

        Raises:
            EPCISError: looks like a standard word and is none, or is one in a spelling that JSON does not have (WORD).
        """
        if text in self.words:
            return True
        if ":" not in text or text.startswith(self.refused):
            raise EPCISError("WORD", "", text, f"{self.name} of CBV 2.0 as a bare word, or a URI of another vocabulary")
        for stem in (self.stem, self.curie_stem):
            if stem.startswith((CBV_STEM, CBV_CURIE)) and text.startswith(stem) and self.bare(text) is None:
                raise EPCISError("WORD", "", text, f"{self.name} that CBV 2.0 knows")
        return False


def _cbv(name: str, stem: str, words: str) -> Vocabulary:
    return Vocabulary(name, frozenset(words.split()), f"{CBV_STEM}{stem}-", f"{CBV_URN}{stem.lower()}:")


def _gs1(name: str, words: str) -> Vocabulary:
    return Vocabulary(name, frozenset(words.split()), GS1_VOC, "", _NOT_IN_REPORTS, "https://ref.gs1.org/voc/")


BIZ_STEP = _cbv(
    "a business step",
    "BizStep",
    "accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting "
    "decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting "
    "installing killing loading other packing picking receiving removing repackaging repairing replacing reserving "
    "retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting "
    "unloading unpacking void_shipping",
)
DISPOSITION = _cbv(
    "a disposition",
    "Disp",
    "active available completeness_inferred completeness_verified conformant container_closed container_open damaged "
    "destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance "
    "mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed "
    "recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable unknown",
)
BIZ_TRANSACTION = _cbv(
    "a business transaction type",
    "BTT",
    "bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt",
)
SOURCE_DESTINATION = _cbv("a source or destination type", "SDT", "owning_party possessing_party location")
ERROR_REASON = _cbv("an error reason", "ER", "did_not_occur incorrect_data")
COMPONENT = _cbv(
    "a component",
    "Comp",
    "x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude "
    "longitude altitude",
)
SENSOR_ALERT = _gs1("a sensor alert", "ALARM_CONDITION ERROR_CONDITION")
MEASUREMENT = _gs1(
    "a measurement type",
    "AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance "
    "AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance "
    "Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity "
    "ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency "
    "Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux "
    "LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate "
    "MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux "
    "RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed "
    "SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux "
    "Wavenumber",
)

ACTIONS = ("ADD", "OBSERVE", "DELETE")
EVENT_TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
