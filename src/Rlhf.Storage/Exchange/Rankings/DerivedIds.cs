using System.Security.Cryptography;

namespace Rlhf.Storage.Exchange.Rankings;

/// <summary>
/// Ids for a copy of rows that are in this home folder already, in another project: the same copy has the same ids, so that copying twice
/// adds nothing.
/// </summary>
internal static class DerivedIds
{
    public static Guid Create(Guid project, Guid original)
    {
        Span<byte> both = stackalloc byte[32];
        project.TryWriteBytes(both, bigEndian: true, out _);
        original.TryWriteBytes(both[16..], bigEndian: true, out _);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(both, hash);
        // Version 8 (RFC 9562): made in a way of one's own.
        hash[6] = (byte)(hash[6] & 0x0F | 0x80);
        hash[8] = (byte)(hash[8] & 0x3F | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
