using System.Security.Cryptography;
using System.Text;

namespace Rlhf.Storage.Labeling;

/// <summary>
/// Names annotations by the idempotency key of their submission, so that a key that comes again finds what it made, also after a
/// restart, without a table of keys.
/// </summary>
internal static class SubmissionKey
{
    private const int TimeBytes = 6, IdBytes = 16;
    private const byte Version7 = 0x70, Variant = 0x80;

    /// <summary>
    /// A UUID of version 7 with the time of the assignment, so that ids sort by time as others do; instead of random bits it has those
    /// of SHA-256 of the assignment's id and the key.
    /// </summary>
    public static Guid AnnotationId(Guid assignment, string key)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{assignment}/{key}"));
        assignment.ToByteArray(bigEndian: true).AsSpan(0, TimeBytes).CopyTo(hash);
        hash[6] = (byte)((hash[6] & 0x0f) | Version7);
        hash[8] = (byte)((hash[8] & 0x3f) | Variant);
        return new Guid(hash.AsSpan(0, IdBytes), bigEndian: true);
    }
}
