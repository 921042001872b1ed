//! Upload forms: reading one never panics, holds no more than its limits, and does not depend on how the bytes are cut;
//! what was written is read; a policy is written as it was read.

#![no_main]

use cospass_protocol::form::{FieldsReader, Form, FormError, FormLimits, FormPolicy};
use libfuzzer_sys::fuzz_target;

const LIMITS: FormLimits = FormLimits { fields: 16, field_size: 512, size: 2048 };
const TYPE: &[u8] = b"multipart/form-data; boundary=b";

fuzz_target!(|input: &[u8]| {
    if let Ok(policy) = FormPolicy::read(input) {
        let again = FormPolicy::read(policy.write().as_bytes());
        assert_eq!(again.as_ref(), Ok(&policy));
    }
    // Another content type: does anything but a boundary come out of it?
    let _ = FieldsReader::new(input, LIMITS);
    let (size, body) =
        input.split_first().map_or((1, input), |(size, body)| (1 + usize::from(*size), body));
    let whole = read(body, body.len().max(1));
    let cut = read(body, size);
    // A piece that is too long at once may be refused later than its bytes one by one.
    if whole != Err(FormError::TooLarge) && cut != Err(FormError::TooLarge) {
        assert_eq!(whole, cut);
    }
    if let Ok((form, file)) = whole {
        let (before, behind) = form.write("b");
        let again = read(&[&before, file.as_slice(), &behind].concat(), size);
        // The name of a file that was told in another way, or a value on the edge of the limits, may be refused now.
        if let Ok((again, bytes)) = again {
            assert_eq!((again.fields.iter().count(), bytes), (form.fields.iter().count(), file));
        }
    }
});

fn read(body: &[u8], size: usize) -> Result<(Form, Vec<u8>), FormError> {
    let mut reader = FieldsReader::new(TYPE, LIMITS)?;
    let mut pieces = body.chunks(size);
    loop {
        let Some(piece) = pieces.next() else {
            reader.finish()?;
            unreachable!("a reader that did not reach the file gave one");
        };
        if reader.read(piece)? {
            break;
        }
    }
    let (form, mut reader) = reader.finish()?;
    let mut file = Vec::new();
    reader.read(&[], &mut file)?;
    for piece in pieces {
        reader.read(piece, &mut file)?;
    }
    reader.finish()?;
    Ok((form, file))
}
