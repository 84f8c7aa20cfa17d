// SPDX-License-Identifier: Apache-2.0
module meterplatform

go 1.19
