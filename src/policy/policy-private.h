/* Rebound: how a policy is made.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "policy/policy.h"

G_BEGIN_DECLS

/* A reach that is not told before the site is known: all where it has no keys, otherwise up to a
 * suspension. */
#define REBOUND_REACH_BY_KEYS (REBOUND_REACH_UNSUBSCRIBE + 1)

/* The terms of all lists, or of one. */
typedef struct
{
  ReboundTerms written; /* with what is still open: a weight below 0, a reach by keys */
  double weights[REBOUND_BOUNCE_HARD + 1]; /* of a reason that has none of its own */
  ReboundTerms terms;                      /* with nothing open */
} ReboundSection;

struct _ReboundPolicy
{
  gatomicrefcount references;
  ReboundSection all;
  GTree *lists; /* lower-case name → ReboundSection */
  ReboundSite site;
  char *digest; /* made when it is first asked for, by whichever thread */
};

/* ---- settings.c: what may stand in a file, and where it goes ----------------------------------
 */

typedef struct
{
  const char *name;
  guint value;
} ReboundSettingWord;

typedef struct _ReboundSettingType ReboundSettingType;

/* One line of a file. A table of these is what is read, written and checked. */
typedef struct
{
  const char *name;
  const ReboundSettingType *type;
  gsize offset; /* of the field that it fills */
  double most;  /* of a number, a time */
  const ReboundSettingWord *words;
} ReboundSetting;

/* Each ends with a key without a name. */
extern const ReboundSetting rebound_policy_settings[]; /* of a ReboundSection */
extern const ReboundSetting rebound_reason_settings[]; /* of a ReboundCell */
extern const ReboundSetting rebound_site_settings[];   /* of a ReboundSite */

/* %NULL where there is none of that name. */
const ReboundSetting *rebound_setting_find (const ReboundSetting *keys, const char *name);

/* Puts what @text says into its field of @record. FALSE where that is not allowed. */
gboolean rebound_setting_set (const ReboundSetting *self, gpointer record, const char *text);

/* (transfer full) (nullable): what stands in its field of @record; %NULL where nothing does. */
char *rebound_setting_get (const ReboundSetting *self, gconstpointer record);

/* (transfer full): what is allowed, where @text is not, for a person. */
char *rebound_setting_describe (const ReboundSetting *self, const char *text);

/* (transfer full): the names of @keys with a comma between. */
char *rebound_setting_list (const ReboundSetting *keys);

/* ---- file.c ---------------------------------------------------------------------------------- */

/* What @text says, which stands in @path, on top of the preset that it names, otherwise of
 * "default"; @path is %NULL for a preset itself. */
ReboundPolicy *rebound_policy_parse (const char *path, const char *text, gsize length,
                                     GError **error);

/* policy.c: all zero but what the rules say of the reasons; and nothing is left open. */
ReboundPolicy *rebound_policy_new_empty (void);
void rebound_policy_finish (ReboundPolicy *self);

/* write.c: (transfer full) */
char *rebound_policy_make_digest (const ReboundPolicy *self);

/* ---- presets.c ------------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  const char *summary;
  const char *text;
} ReboundPreset;

/* %NULL where there is none of that name. */
const ReboundPreset *rebound_preset_find (const char *name);

/* presets-data.c: the files of presets/. */
extern const char rebound_preset_default[], rebound_preset_mailman[], rebound_preset_sympa[],
    rebound_preset_ezmlm[], rebound_preset_mlmmj[], rebound_preset_esp[];

G_END_DECLS
