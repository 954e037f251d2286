//! The program and the libraries that are loaded.

use std::ffi::CStr;
use std::path::PathBuf;

/// A loaded program or library.
#[derive(Debug, Clone)]
pub(crate) struct Module {
    /// What is added to addresses of the file.
    pub(crate) base: u64,
    /// Where its file is; that of the program for the program itself.
    pub(crate) path: PathBuf,
    /// What of the address space is its own, each as first address and the one behind the last.
    pub(crate) ranges: Vec<(u64, u64)>,
    /// Address and length of the index of its unwind tables.
    pub(crate) unwind_index: Option<(u64, usize)>,
    /// Whether this code is in it.
    pub(crate) is_own: bool,
}

impl Module {
    pub(crate) fn contains(&self, address: u64) -> bool {
        self.range_of(address).is_some()
    }

    /// The part that an address is in.
    pub(crate) fn range_of(&self, address: u64) -> Option<(u64, u64)> {
        self.ranges.iter().copied().find(|(first, end)| (*first..*end).contains(&address))
    }
}

/// Everything that is loaded now.
pub(crate) fn loaded() -> Vec<Module> {
    let mut modules: Vec<Module> = Vec::new();
    // SAFETY: the function gets back the pointer that is handed over here, while the call lasts.
    unsafe { libc::dl_iterate_phdr(Some(add), (&raw mut modules).cast()) };
    modules
}

unsafe extern "C" fn add(found: *mut libc::dl_phdr_info, _size: usize, data: *mut libc::c_void) -> i32 {
    // SAFETY: both are what the caller and `loaded` handed over, for this call alone.
    let (found, modules) = unsafe { (&*found, &mut *data.cast::<Vec<Module>>()) };
    // SAFETY: the loader keeps so many headers there.
    let headers = unsafe { std::slice::from_raw_parts(found.dlpi_phdr, usize::from(found.dlpi_phnum)) };
    // SAFETY: the loader's names end with a zero.
    let name = unsafe { CStr::from_ptr(found.dlpi_name) }.to_string_lossy();
    let base = found.dlpi_addr;
    let ranges: Vec<_> = headers
        .iter()
        .filter(|header| header.p_type == libc::PT_LOAD)
        .map(|header| (base + header.p_vaddr, base + header.p_vaddr + header.p_memsz))
        .collect();
    let index = headers.iter().find(|header| header.p_type == libc::PT_GNU_EH_FRAME);
    let own = loaded as *const () as u64;
    modules.push(Module {
        base,
        path: PathBuf::from(if name.is_empty() { "/proc/self/exe" } else { &*name }),
        is_own: ranges.iter().any(|(first, end)| (*first..*end).contains(&own)),
        ranges,
        unwind_index: index.map(|header| (base + header.p_vaddr, header.p_memsz as usize)),
    });
    0
}
