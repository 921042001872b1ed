//! Files and folders of this machine as keys, and keys as files.

use std::path::{Path, PathBuf};

use super::pattern::SelectArgs;
use crate::exit::{Exit, Failure};

/// A file to send.
pub(super) struct LocalFile {
    pub(super) path: PathBuf,
    /// As it stands in a key: relative to where it was looked for, with slashes.
    pub(super) name: String,
    pub(super) size: u64,
}

/// The file, or all files below the folder. Links are followed for files and not for folders, so that none is walked in a
/// circle.
pub(super) fn files(path: &Path, select: &SelectArgs) -> Result<Vec<LocalFile>, Failure> {
    let cannot = |path: &Path, error| Failure::io(path.display(), &error);
    let metadata = std::fs::metadata(path).map_err(|error| cannot(path, error))?;
    if !metadata.is_dir() {
        let name = text_of(path.file_name().map(Path::new).unwrap_or(path))?;
        return Ok(vec![LocalFile { path: path.to_owned(), name, size: metadata.len() }]);
    }
    if !select.recursive {
        let text = format_args!("{} is a folder; give --recursive", path.display());
        return Err(Failure::usage("folder", text));
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| cannot(&folder, error))? {
            let entry = entry.map_err(|error| cannot(&folder, error))?;
            let kind = entry.file_type().map_err(|error| cannot(&entry.path(), error))?;
            if kind.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let metadata = std::fs::metadata(entry.path());
            let metadata = metadata.map_err(|error| cannot(&entry.path(), error))?;
            if !metadata.is_file() {
                continue;
            }
            let entry = entry.path();
            let name = key_of(entry.strip_prefix(path).unwrap_or(&entry))?;
            if select.takes(&name) {
                found.push(LocalFile { path: entry, name, size: metadata.len() });
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn key_of(relative: &Path) -> Result<String, Failure> {
    let names: Result<Vec<_>, _> =
        relative.components().map(|part| text_of(Path::new(part.as_os_str()))).collect();
    Ok(names?.join("/"))
}

fn text_of(name: &Path) -> Result<String, Failure> {
    let text = name.to_str().map(str::to_owned);
    text.ok_or_else(|| {
        let message = format_args!("{name:?} is not Unicode text, which a key must be");
        Failure::new(Exit::Failed, "file-name", message)
    })
}

/// Where below a folder an object is kept. A key is written by whoever could upload: none leads out of the folder.
pub(super) fn below(folder: &Path, name: &str) -> Option<PathBuf> {
    let is_name = |part: &str| {
        let is_dots = matches!(part, "" | "." | "..");
        // What else means a place to some system.
        let is_odd = part.contains(['\0', '\\']) || (cfg!(windows) && part.contains(':'));
        !is_dots && !is_odd
    };
    name.split('/').all(is_name).then(|| {
        let mut path = folder.to_owned();
        path.extend(name.split('/'));
        path
    })
}

/// The name of a file for a key or the path of a URL: what stands behind the last slash.
pub(super) fn last_name(key: &str) -> Option<PathBuf> {
    let name = key.rsplit('/').next().unwrap_or_default();
    below(Path::new(""), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_leads_out_of_its_folder() {
        let folder = Path::new("/f");
        assert_eq!(below(folder, "a/b c"), Some(PathBuf::from("/f/a/b c")));
        for name in ["", "/a", "a/", "../a", "a/../../b", "a//b", ".", "a/./b", "a\\b", "a\0"] {
            assert_eq!(below(folder, name), None, "{name:?}");
        }
        assert_eq!(last_name("a/b"), Some(PathBuf::from("b")));
        assert_eq!((last_name("a/"), last_name("..")), (None, None));
    }

    #[test]
    fn a_folder_is_walked_by_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.txt", "a/x.txt", "a/y.jpg"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let all = SelectArgs { recursive: true, ..SelectArgs::default() };
        let names = |select: &SelectArgs| -> Vec<String> {
            files(folder.path(), select).unwrap().into_iter().map(|file| file.name).collect()
        };
        assert_eq!(names(&all), ["a/x.txt", "a/y.jpg", "b.txt"]);
        assert!(files(folder.path(), &SelectArgs::default()).is_err());
        let one = files(&folder.path().join("a/x.txt"), &SelectArgs::default()).unwrap();
        assert_eq!((one[0].name.as_str(), one[0].size), ("x.txt", 7));
        assert!(files(&folder.path().join("none"), &all).is_err());
    }
}
