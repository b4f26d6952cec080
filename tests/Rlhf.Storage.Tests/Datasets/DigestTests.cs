using System.Security.Cryptography;
using Rlhf.Core.Randomness;
using Rlhf.Storage.Datasets;

namespace Rlhf.Storage.Tests.Datasets;

public sealed class DigestTests
{
    [Fact]
    public void A_hash_comes_back_as_it_was()
    {
        byte[] hash = SHA256.HashData("abc"u8);
        Assert.Equal(hash, Digest.Read(hash).ToArray());
        Assert.Equal(Digest.Read(hash), Digest.Compute("abc"u8));
        Assert.Equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", Digest.Compute("abc"u8).ToString());
        using var appended = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        appended.AppendData("a"u8);
        appended.AppendData("bc"u8);
        Assert.Equal(Digest.Compute("abc"u8), Digest.Finish(appended));
    }

    [Fact]
    public void The_order_is_that_of_the_bytes()
    {
        var stream = new RandomStream(1, "digests");
        byte[][] hashes = [.. Enumerable.Range(0, 300).Select(i =>
        {
            // Few different bytes, so that many begin alike.
            byte[] hash = [.. Enumerable.Range(0, 32).Select(b => (byte)(255 * (int)(2 * stream.Uniform((uint)((32 * i) + b)))))];
            hash.AsSpan(0, i % 33).Clear();
            return hash;
        })];
        foreach (byte[] a in hashes)
        {
            foreach (byte[] b in hashes)
                Assert.Equal(Math.Sign(a.AsSpan().SequenceCompareTo(b)), Digest.Read(a).CompareTo(Digest.Read(b)));
        }
    }
}
