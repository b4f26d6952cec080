using System.Buffers.Binary;
using System.Text;

namespace Rlhf.Models.Native;

/// <summary>
/// The symbol versions that an ELF64 little-endian library requires from other libraries (section type SHT_GNU_verneed; layout: Linux
/// Standard Base Core 5.0, section 10.7, "Symbol Versioning"). The loader accepts a missing version if its weak flag is set.
/// </summary>
public static class ElfVersionNeeds
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe;
    private const ushort WeakFlag = 2;
    private const int NeedEntrySize = 16;

    /// <summary>
    /// A copy of the library in which the required <paramref name="versions"/> ("GLIBCXX_3.4.32") are weak; null if the bytes are not such
    /// a library or require none of them.
    /// </summary>
    public static byte[]? Weaken(ReadOnlySpan<byte> library, IReadOnlyCollection<string> versions)
    {
        byte[] copy = library.ToArray();
        bool changed = false;
        foreach (var (name, flagsOffset) in Find(library))
        {
            if (!versions.Contains(name))
                continue;
            ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(library[flagsOffset..]);
            BinaryPrimitives.WriteUInt16LittleEndian(copy.AsSpan(flagsOffset), (ushort)(flags | WeakFlag));
            changed = true;
        }
        return changed ? copy : null;
    }

    /// <summary>All required versions, each with the file offset of its flags.</summary>
    public static IReadOnlyList<(string Version, int FlagsOffset)> Find(ReadOnlySpan<byte> elf)
    {
        var found = new List<(string, int)>();
        if (elf.Length < 64 || !elf[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
            return found;
        long sections = (long)BinaryPrimitives.ReadUInt64LittleEndian(elf[0x28..]);
        int sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3a..]);
        int sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(elf[0x3c..]);
        try
        {
            for (int i = 0; i < sectionCount; i++)
            {
                var section = elf[checked((int)(sections + (long)i * sectionSize))..];
                if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) != SectionTypeVersionNeeds)
                    continue;
                int start = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(section[0x18..]));
                int strings = BinaryPrimitives.ReadInt32LittleEndian(section[0x28..]);
                var stringSection = elf[checked((int)(sections + (long)strings * sectionSize))..];
                int names = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(stringSection[0x18..]));
                ReadSection(elf, start, names, found);
            }
        }
        catch (Exception e) when (e is OverflowException or ArgumentOutOfRangeException)
        {
            // An offset is outside of the file: not a loadable library.
            return [];
        }
        return found;
    }

    private static void ReadSection(ReadOnlySpan<byte> elf, int start, int names, List<(string, int)> found)
    {
        // Elf64_Verneed: version, count, file, offset of the first entry, offset of the next need.
        for (int need = start; ;)
        {
            int count = BinaryPrimitives.ReadUInt16LittleEndian(elf[(need + 2)..]);
            int entry = need + BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 8)..]);
            for (int i = 0; i < count; i++)
            {
                // Elf64_Vernaux: hash, flags, other, name, offset of the next entry.
                var bytes = elf.Slice(entry, NeedEntrySize);
                var name = elf[(names + BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]))..];
                found.Add((Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]), entry + 4));
                int next = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
                if (next <= 0)
                    break;
                entry += next;
            }
            int following = BinaryPrimitives.ReadInt32LittleEndian(elf[(need + 12)..]);
            if (following <= 0)
                return;
            need += following;
        }
    }
}
