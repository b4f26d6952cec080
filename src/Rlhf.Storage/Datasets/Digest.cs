using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Rlhf.Storage.Datasets;

/// <summary>
/// A SHA-256 as a value. A garbage collection stops the whole process while it walks over what is in memory, and 300,000 hashes
/// as objects of their own take it longer than anybody should wait; in one array of values there is nothing to walk over.
/// </summary>
internal readonly record struct Digest(ulong First, ulong Second, ulong Third, ulong Fourth) : IComparable<Digest>
{
    /// <summary>Reads the 32 bytes of a hash.</summary>
    public static Digest Read(ReadOnlySpan<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, SHA256.HashSizeInBytes);
        return new Digest(Word(hash, 0), Word(hash, 1), Word(hash, 2), Word(hash, 3));
    }

    /// <summary>The SHA-256 of some bytes.</summary>
    public static Digest Compute(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    /// <summary>The SHA-256 of what was appended, which is begun anew.</summary>
    public static Digest Finish(IncrementalHash content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        content.GetHashAndReset(hash);
        return Read(hash);
    }

    /// <summary>Writes the 32 bytes of the hash.</summary>
    public void Write(Span<byte> hash)
    {
        BinaryPrimitives.WriteUInt64BigEndian(hash, First);
        BinaryPrimitives.WriteUInt64BigEndian(hash[8..], Second);
        BinaryPrimitives.WriteUInt64BigEndian(hash[16..], Third);
        BinaryPrimitives.WriteUInt64BigEndian(hash[24..], Fourth);
    }

    public byte[] ToArray()
    {
        byte[] hash = new byte[SHA256.HashSizeInBytes];
        Write(hash);
        return hash;
    }

    /// <summary>The order of the bytes.</summary>
    public int CompareTo(Digest other) =>
        First != other.First ? First.CompareTo(other.First)
        : Second != other.Second ? Second.CompareTo(other.Second)
        : Third != other.Third ? Third.CompareTo(other.Third)
        : Fourth.CompareTo(other.Fourth);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    private static ulong Word(ReadOnlySpan<byte> hash, int index) => BinaryPrimitives.ReadUInt64BigEndian(hash[(8 * index)..]);
}
