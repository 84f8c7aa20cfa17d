// SPDX-License-Identifier: Apache-2.0
// The languages that people are spoken to in.
#pragma once

namespace meterproof::i18n {

enum class Language { en, zh };

/// zh where the locale of `LC_ALL`, `LC_MESSAGES` or `LANG` (the first that is set) is Chinese; en otherwise.
Language language_of_locale();

}  // namespace meterproof::i18n
