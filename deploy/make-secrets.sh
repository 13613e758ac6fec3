#!/bin/sh
# Make the secrets that compose.yaml mounts, each in a file of its own. What is there already is kept.
set -eu
umask 077
folder=$(dirname "$0")/secrets
mkdir -p "$folder"

random() {
    head -c 48 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'
}

keep() { # keep NAME VALUE
    if [ -s "$folder/$1" ]; then
        echo "kept  $folder/$1"
    else
        printf '%s' "$2" >"$folder/$1"
        # The accounts in the containers are not yours: the file must be readable to them. The folder (0700) guards it.
        chmod 0644 "$folder/$1"
        echo "made  $folder/$1"
    fi
}

keep postgres_password "$(random)"
keep database_url "postgres://medtrail:$(cat "$folder/postgres_password")@postgres:5432/medtrail"
keep secret_key "$(random)"
keep managed_key_secret "$(random)"
