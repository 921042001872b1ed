//! Networks, as `ip_equal` names them: an address, or an address and how many of its bits count.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that are alike in their first bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// `10.0.0.1`, `10.0.0.0/24`, `fe80::/10`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                (address, Some(bits.parse().ok()?))
            }
            Some(_) => return None,
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        (bits <= most).then_some(Self { address, bits })
    }

    /// Its first and its last address, and the ones before and after them.
    pub(super) fn edges(&self) -> Vec<String> {
        let around = |address: u128, width: u32, most: u128| {
            let host = width.saturating_sub(self.bits);
            let below = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
            let (first, last) = (address & !below, (address | below) & most);
            [first.saturating_sub(1), first, last, last.saturating_add(1).min(most)]
        };
        match self.address {
            IpAddr::V4(address) => {
                let most = u128::from(u32::MAX);
                let bits = around(address.to_bits().into(), 32, most);
                let text = |bits| u32::try_from(bits).map(Ipv4Addr::from_bits);
                bits.into_iter()
                    .filter_map(|bits| text(bits).ok())
                    .map(|ip| ip.to_string())
                    .collect()
            }
            IpAddr::V6(address) => {
                let bits = around(address.to_bits(), 128, u128::MAX);
                bits.map(|bits| Ipv6Addr::from_bits(bits).to_string()).into()
            }
        }
    }

    /// Whether an address lies within. An IPv4 address that IPv6 carries is the IPv4 address.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let alike = |a: u128, b: u128, width: u32| {
            let shift = width.saturating_sub(self.bits);
            a.checked_shr(shift).unwrap_or(0) == b.checked_shr(shift).unwrap_or(0)
        };
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => alike(a.to_bits().into(), b.to_bits().into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => alike(a.to_bits(), b.to_bits(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_within_are_found() {
        for (network, address, within) in [
            ("10.0.0.0/24", "10.0.0.255", true),
            ("10.0.0.0/24", "10.0.1.0", false),
            ("10.0.0.7/24", "10.0.0.1", true),
            ("101.226.100.185", "101.226.100.185", true),
            ("101.226.100.185", "101.226.100.186", false),
            ("0.0.0.0/0", "255.1.2.3", true),
            ("0.0.0.0/0", "::1", false),
            ("::/0", "::1", true),
            ("fe80::/10", "febf::1", true),
            ("fe80::/10", "fec0::1", false),
            ("127.0.0.1", "::ffff:127.0.0.1", true),
        ] {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), within, "{network:?} {address}");
        }
    }

    #[test]
    fn the_edges_are_the_first_and_last_addresses_and_those_beside_them() {
        let edges = |text| Network::parse(text).unwrap().edges();
        assert_eq!(edges("10.0.1.7/24"), ["10.0.0.255", "10.0.1.0", "10.0.1.255", "10.0.2.0"]);
        assert_eq!(edges("0.0.0.0/0")[1..3], ["0.0.0.0", "255.255.255.255"]);
        assert_eq!(edges("::1")[0..2], ["::", "::1"]);
        assert_eq!(edges("::/0")[2], "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    }

    #[test]
    fn another_form_is_refused() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::/129", "a/8"] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
