# Vestibule. `make` shows what there is; each part's targets are in scripts/*.mk.

# What a person may set: make run RUN=/tmp/home SOURCE=file:walk.avi SIZE=640x480 FPS=15
RUN    ?= .run
SOURCE ?= scene
SIZE   ?= 1280x720
FPS    ?= 30

SHELL         := /bin/bash
.SHELLFLAGS   := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# Commands are shown with V=1 only.
ifneq ($(V),1)
Q := @
endif

# Go as its own installer lays it, and Node.js as scripts/setup lays it, need no change to PATH.
export PATH := $(CURDIR)/.cache/node/bin:$(PATH):/usr/local/go/bin

# A clone that belongs to somebody else is built too; git's word on it is not needed at a desk.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# The help screen shows targets in this order.
first := scripts/run.mk scripts/test.mk scripts/lint.mk
include $(first) $(filter-out $(first),$(sort $(wildcard scripts/*.mk)))

.PHONY: setup clean help

setup: ## install what any target needs and this machine lacks
	$(Q)$(call install,all)

clean: ## remove the home at this desk, what was built and what was fetched
	$(Q)scripts/home clear '$(RUN)'
	$(Q)rm -rf bin .cache hub/web/app/node_modules hub/web/app/.test

help:
	@echo 'Vestibule: a parcel inside the door, and the owner sees the doorway only.'
	@echo
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(filter-out Makefile,$(MAKEFILE_LIST)) Makefile
	@echo
	@echo '  RUN=folder   where a home at a desk keeps its state, now $(RUN)'
	@echo '  SOURCE=what  the camera: scene, file:PATH, v4l2:/dev/video0, gst:PIPELINE; now $(SOURCE)'
	@echo '  SIZE= FPS=   its picture, now $(SIZE) at $(FPS)'
	@echo '  ARGS=flags   for the launcher, as ARGS="-http 127.0.0.1:8081"; bin/dev -h lists them'
	@echo '  SETUP=no     install nothing         V=1  show every command'
