"""Django's settings, all of them, from the environment. `docs/settings.md` lists the variables for operators."""

from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from ledger.errors import LedgerError
from ledger.witness_policy import load_policy
from supplychain.conf import logs
from supplychain.conf.environment import MODES, choice, env, flag, number, secret, url

BASE_DIR = Path(__file__).resolve().parents[2]
ENVIRONMENT = choice("ENVIRONMENT", "development", MODES)
PRODUCTION = ENVIRONMENT == "production"
DEBUG = flag("DEBUG", False)
if DEBUG and PRODUCTION:
    raise ImproperlyConfigured("DEBUG=true: production shows no stack traces to strangers; unset DEBUG")

# Everything that the running system writes lies under this one folder.
MEDTRAIL_HOME = Path(env.str("MEDTRAIL_HOME", str(BASE_DIR / "var"))).expanduser().resolve()
MEDTRAIL_HOME.mkdir(parents=True, exist_ok=True)

SECRET_KEY = secret("SECRET_KEY", mode=ENVIRONMENT, home=MEDTRAIL_HOME)
# Wraps the private keys that parties let us keep. Another secret than SECRET_KEY, so that each can be rotated alone.
MANAGED_KEY_SECRET = secret("MANAGED_KEY_SECRET", mode=ENVIRONMENT, home=MEDTRAIL_HOME)

# --- Where we are reached -------------------------------------------------------------------------------------------
PORT = number("PORT", number("DEMO_PORT", 8000, least=1, most=65_535), least=1, most=65_535)
PUBLIC_URL = url("PUBLIC_URL", f"http://127.0.0.1:{PORT}", schemes=("https",) if PRODUCTION else ("http", "https"))
PUBLIC_HOST = PUBLIC_URL.partition("://")[2].partition("/")[0]
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", [PUBLIC_HOST.rpartition(":")[0] or PUBLIC_HOST, "localhost", "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", [PUBLIC_URL])
# Only behind a proxy that overwrites these headers: otherwise a client could claim that it came over TLS, or from
# anywhere. Without them every visitor of a proxied site would share one rate limit.
BEHIND_TLS_PROXY = flag("BEHIND_TLS_PROXY", False)
if BEHIND_TLS_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    RATELIMIT_IP_META_KEY = "HTTP_X_REAL_IP"
METRICS_TOKEN = env.str("METRICS_TOKEN", "")

# --- The ledger -----------------------------------------------------------------------------------------------------
LOG_ORIGIN = env.str("LOG_ORIGIN", "" if PRODUCTION else "localhost/medtrail-dev")
if not LOG_ORIGIN or any(sign in LOG_ORIGIN for sign in " +\n") or "://" in LOG_ORIGIN:
    raise ImproperlyConfigured(
        f"LOG_ORIGIN={LOG_ORIGIN!r}: expected a schema-less address such as ledger.example/2026, without '+' or spaces"
    )
LOG_DIR = Path(env.str("LOG_DIR", str(MEDTRAIL_HOME / "log")))  # the signer's own: its key and its head register
LOG_PUBLIC_DIR = Path(env.str("LOG_PUBLIC_DIR", str(MEDTRAIL_HOME / "public")))  # what any web server may serve
LOG_BLOCK_MAX = number("LOG_BLOCK_MAX", 10_000, least=1, most=1_000_000)
UNDO_POLICY = choice("UNDO_POLICY", "EU", ("EU",))  # under which market's rule an end of life is taken back
# How far a pedigree follows a pack for whoever asks: its whole way, or for the public what the maker stated.
PUBLIC_PEDIGREE = choice("PUBLIC_PEDIGREE", "whole", ("whole", "maker"))
# Which witnesses are asked, where, and who of them is enough; without it the log says that it is unwitnessed.
WITNESS_POLICY = env.str("WITNESS_POLICY", "")
if WITNESS_POLICY:
    try:
        load_policy(Path(WITNESS_POLICY), LOG_ORIGIN)
    except LedgerError as error:
        raise ImproperlyConfigured(f"WITNESS_POLICY={WITNESS_POLICY!r}: {error}") from error
WITNESS_TIMEOUT_S = number("WITNESS_TIMEOUT_S", 5, least=1, most=60)
WITNESS_REFRESH_S = number("WITNESS_REFRESH_S", 600, least=1, most=86_400)
SEAL_INTERVAL_S = number("SEAL_INTERVAL_S", 1, least=1, most=3600)

# --- Database -------------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", f"sqlite:///{MEDTRAIL_HOME / 'medtrail.sqlite3'}")
try:
    DATABASES = {"default": dj_database_url.parse(DATABASE_URL)}
except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError) as error:
    # The address holds a password: name its scheme only.
    raise ImproperlyConfigured(
        f"DATABASE_URL ({DATABASE_URL.partition(':')[0]}:…): {error.__class__.__name__}"
    ) from None
match DATABASES["default"]["ENGINE"]:
    case "django.db.backends.sqlite3":
        DATABASES["default"]["OPTIONS"] = {
            # Readers never wait for the writer. Writers queue at BEGIN: a read that turns into a write in mid
            # transaction cannot be made to wait by SQLite, it fails at once.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
            # Without it INSERT OR REPLACE would delete past the append-only triggers.
            "PRAGMA recursive_triggers=ON;",
        }
    case "django.db.backends.postgresql":
        DATABASES["default"]["CONN_MAX_AGE"] = 60
        DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    case engine:
        raise ImproperlyConfigured(f"DATABASE_URL: {engine} is not supported; expected sqlite:// or postgres://")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker, caches, throttles --------------------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", "")
if REDIS_URL and not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    raise ImproperlyConfigured(f"REDIS_URL ({REDIS_URL.partition(':')[0]}:…): expected redis://, rediss:// or unix://")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
# LocMem counts per process, which is right for the embedded default: there is one process.
SILENCED_SYSTEM_CHECKS = [] if REDIS_URL else ["django_ratelimit.E003", "django_ratelimit.W001"]
RATELIMIT_FAIL_OPEN = True  # a cache that is down must not close the pharmacy

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    # A message of a killed worker comes back after this long. Beat finds the work sooner; this only tidies up.
    {"visibility_timeout": 60} if REDIS_URL else {"polling_interval": 0.02}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    # The database is the outbox: this sweep finds whatever waits, whether or not anybody rang.
    "advance the log": {
        "task": "ledger.advance",
        "schedule": float(SEAL_INTERVAL_S),
        # A sweep that nobody took in time is worthless: the next one does the same.
        "options": {"expires": float(max(SEAL_INTERVAL_S * 2, 5))},
    },
    "capture what waits": {"task": "supplychain.capture", "schedule": 1.0, "options": {"expires": 5.0}},
    "notify subscribers": {"task": "supplychain.notify", "schedule": 1.0, "options": {"expires": 5.0}},
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- Django ---------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_prometheus",
    "django_structlog",
    "django_htmx",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "ledger",
    "supplychain",
    "anticounterfeit",
]
MIDDLEWARE = [
    "supplychain.conf.shield.Shield",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "supplychain.conf.urls"
WSGI_APPLICATION = "supplychain.conf.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "supplychain.pages.context.workplace",
            ],
        },
    },
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
if ENVIRONMENT == "test":
    # A password hash is slow on purpose: half a second for each user of each test.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(MEDTRAIL_HOME / "static")))
if not PRODUCTION:
    STATIC_ROOT.mkdir(
        parents=True, exist_ok=True
    )  # whitenoise warns of a missing folder; finders serve from the source
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without a collectstatic run (the embedded default) whitenoise serves the files from where they lie.
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# The public log in an S3-compatible bucket, beside LOG_PUBLIC_DIR. Who may write there, boto3 learns in its own ways
# (AWS_ACCESS_KEY_ID, a role of the machine, …).
LOG_BUCKET = env.str("LOG_BUCKET", "")
if LOG_BUCKET:
    STORAGES["log"] = {
        "BACKEND": "ledger.bucket.LogBucket",
        "OPTIONS": {
            "bucket_name": LOG_BUCKET,
            "location": env.str("LOG_BUCKET_PREFIX", ""),
            "endpoint_url": env.str("LOG_BUCKET_ENDPOINT", "") or None,
        },
    }
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024  # a CSV of 100,000 serials is 2 MB; 100,000 packs as Digital Links 7 MB
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
IMPORT_MAX_BYTES = number("IMPORT_MAX_BYTES", 64 * 1024 * 1024, least=1024, most=2**40)  # of one CSV file
BODY_MAX = (
    number("BODY_MAX_MB", 80, least=1, most=4096) * 1024 * 1024
)  # of any request, its files and what is around them

# --- Security -------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = True
if SESSION_COOKIE_SECURE:
    # Browsers take such a name from this very host only: no neighbour under the same domain can plant a session.
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600  # one shift
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SECURE_SSL_REDIRECT = flag("SSL_REDIRECT", False)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

# --- API ------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "supplychain.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["supplychain.api.permissions.ActsForParty"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["supplychain.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "supplychain.api.schema.ApiSchema",
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("THROTTLE_ANON", "60/min"),
        "user": env.str("THROTTLE_USER", "3000/min"),
    },
    "NUM_PROXIES": 1 if BEHIND_TLS_PROXY else 0,  # how many entries of X-Forwarded-For the throttles believe
    "EXCEPTION_HANDLER": "supplychain.api.problems.problem_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Medtrail",
    "DESCRIPTION": "Register, hand on, verify and dispense medicine packs; every act is a signed entry of an open log.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # Three fields are called "state": without names their types would be numbered.
    "ENUM_NAME_OVERRIDES": {
        "BatchState": "supplychain.api.batches.BATCH_STATES",
        "HandoffState": "supplychain.api.acts.HANDOFF_STATES",
        "ProofState": "supplychain.api.acts.PROOF_STATES",
    },
}
# Requests a minute from one address, for the pages that anybody may open.
PAGE_RATE = env.str("PAGE_RATE", "120/m")
SIGN_IN_RATE = env.str("SIGN_IN_RATE", "10/m")  # by address, by name and network, by known device
SIGN_IN_NAME_RATE = env.str("SIGN_IN_NAME_RATE", "100/m")  # at one name, from all devices that it does not know
API_KEY_RATE = env.str("API_KEY_RATE", "20/m")  # calls with a wrong API key, by address
LOG_FILE_RATE = env.str("LOG_FILE_RATE", "6000/m")  # the log's published files, by address: mirrors read many

# --- EPCIS ----------------------------------------------------------------------------------------------------------
# How much one document may hold; announced to clients in headers.
EPCIS_CAPTURE_LIMIT = number("EPCIS_CAPTURE_LIMIT", 10_000, least=1, most=1_000_000)  # events
EPCIS_CAPTURE_FILE_SIZE_LIMIT = number(
    "EPCIS_CAPTURE_FILE_SIZE_LIMIT", DATA_UPLOAD_MAX_MEMORY_SIZE, least=1024, most=1024**3
)
EPCIS_EPCS_PER_EVENT_LIMIT = number("EPCIS_EPCS_PER_EVENT_LIMIT", 100_000, least=1, most=1_000_000)
EPCIS_DEPTH_LIMIT = number("EPCIS_DEPTH_LIMIT", 32, least=8, most=100)
EPCIS_PER_PAGE_LIMIT = number("EPCIS_PER_PAGE_LIMIT", 1000, least=30, most=10_000)
# GS1's conformance text refuses a sensor field that stands in metadata and report at once; its own examples have some,
# and are taken in unless this is true. What contradicts itself is refused either way.
EPCIS_SENSOR_FIELDS_ONCE = flag("EPCIS_SENSOR_FIELDS_ONCE", False)
# Hosts (or host:port) that subscribers' events may go to although they are no public https servers: tests, one's own.
EPCIS_WEBHOOK_TEST_HOSTS: list[str] = env.list("EPCIS_WEBHOOK_TEST_HOSTS", [])

# --- Logs -----------------------------------------------------------------------------------------------------------
LOG_LEVEL = choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = choice("LOG_FORMAT", "json" if PRODUCTION else "console", ("json", "console"))
LOGGING = logs.configure(level=LOG_LEVEL, style=LOG_FORMAT)
