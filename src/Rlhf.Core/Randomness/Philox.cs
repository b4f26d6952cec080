using System.Buffers.Binary;

namespace Rlhf.Core.Randomness;

/// <summary>
/// Philox4x32-10, the counter-based generator of Salmon et al. 2011, "Parallel Random Numbers: As Easy as 1, 2, 3",
/// section 4.2: 128 random bits as a pure function of a 128-bit counter and a 64-bit key.
/// </summary>
public static class Philox
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>The four 32-bit random words for one counter and key.</summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        uint k0 = (uint)key, k1 = (uint)(key >> 32);
        for (int round = 0; round < Rounds; round++)
        {
            ulong p0 = (ulong)Multiplier0 * c0, p1 = (ulong)Multiplier1 * c2;
            (c0, c1, c2, c3) = ((uint)(p1 >> 32) ^ c1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ c3 ^ k1, (uint)p0);
            k0 += Weyl0;
            k1 += Weyl1;
        }
        return (c0, c1, c2, c3);
    }

    /// <summary>The key of a named stream under a root seed: the first 8 bytes of SHA-256(seed, name).</summary>
    internal static ulong Key(ulong rootSeed, string stream)
    {
        byte[] name = System.Text.Encoding.UTF8.GetBytes(stream);
        byte[] input = new byte[8 + name.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(input, rootSeed);
        name.CopyTo(input, 8);
        return BinaryPrimitives.ReadUInt64LittleEndian(System.Security.Cryptography.SHA256.HashData(input));
    }
}
