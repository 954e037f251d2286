//! The validation function `EMAIL`.

use super::rules::utf16_length;

/// Longest address in UTF-16 units.
const MAX_LENGTH: usize = 254;
/// Longest part before the `@`, in UTF-16 units.
const MAX_LOCAL_LENGTH: usize = 63;

/// What is wrong with an address; `None` for a good one and for blank text. Blanks around it do not count.
///
/// # Source
/// SeaTunnel `EmailValidator` (order of the checks, limits, wording).
pub(super) fn email_fault(text: &str) -> Option<&'static str> {
    let email = text.trim_matches(|symbol| symbol <= ' ');
    if email.is_empty() {
        return None;
    }
    if utf16_length(email) > MAX_LENGTH {
        return Some("Email too long (max 254 characters)");
    }
    let Some((local, domain)) = email.split_once('@').filter(|(local, rest)| !local.is_empty() && !rest.contains('@'))
    else {
        return Some("Email must contain exactly one @ symbol");
    };
    if utf16_length(local) > MAX_LOCAL_LENGTH {
        return Some("Email local part too long (max 63 characters)");
    }
    if email.contains(['"', '\'', '`', '\0']) {
        return Some("Email contains dangerous characters");
    }
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    if domain.is_empty() || !domain.bytes().all(is_known) {
        return Some("Email domain contains invalid characters");
    }
    if domain.contains('.') { None } else { Some("Email domain must contain at least one dot") }
}
