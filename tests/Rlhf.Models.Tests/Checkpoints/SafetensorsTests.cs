using System.Buffers.Binary;
using System.Text;
using Rlhf.Core;
using Rlhf.Models.Checkpoints;
using Rlhf.Models.Native;
using Rlhf.Testing;
using static TorchSharp.torch;

namespace Rlhf.Models.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SafetensorsTests() => Libtorch.EnsureLoaded();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_by_hand_is_read()
    {
        // Two tensors: a [2] F32 = 1, −2; b [1, 1] BF16 = 0x3FC0 = 1.5.
        string path =
            Write(
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,1],"data_offsets":[8,10]},"__metadata__":{"format":"pt"}}""",
            [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xc0, 0x3f]);
        var tensors = Safetensors.Read(path);
        Assert.Equal([1f, -2f], tensors["a"].data<float>().ToArray());
        Assert.Equal([1L, 1], tensors["b"].shape);
        Assert.Equal(1.5f, tensors["b"].to(ScalarType.Float32).item<float>());
        foreach (var tensor in tensors.Values)
            tensor.Dispose();
    }

    [Fact]
    public void What_is_written_is_read_and_laid_out_as_the_format_asks()
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>
        {
            ["b"] = arange(6).to(ScalarType.Float32).view(2, 3),
            ["a"] = tensor(0.5).to(ScalarType.BFloat16),
            ["turned"] = arange(6).to(ScalarType.Float16).view(2, 3).t(),
            ["none"] = zeros(0, 4),
        };
        Safetensors.Write(_folder["x.safetensors"], tensors);
        byte[] bytes = File.ReadAllBytes(_folder["x.safetensors"]);
        Assert.Equal(0ul, BinaryPrimitives.ReadUInt64LittleEndian(bytes) % 8);
        Assert.Equal((byte)'{', bytes[8]);
        var read = Safetensors.Read(_folder["x.safetensors"]);
        Assert.Equal(["a", "b", "none", "turned"], read.Keys.Order());
        foreach (var (name, tensor) in tensors)
        {
            Assert.Equal(tensor.shape, read[name].shape);
            Assert.Equal(tensor.dtype, read[name].dtype);
            Assert.True(tensor.equal(read[name]).all().item<bool>());
        }
    }

    [Theory]
    [InlineData("", "header")]
    [InlineData("[]", "an object")]
    [InlineData("""{"a":3}""", "an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "12 bytes")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}""", "16 bytes")]
    [InlineData("""{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "F33")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "dtype")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,16]}}""", "data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}""", "a list of integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "a list of integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,8]}}""", "a list of integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}}""", "larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,9223372036854775807],"data_offsets":[0,8]}}""",
        "larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}}""", "larger than any file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "a list of integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""",
        "begins at byte 0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "begins at byte 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "end at byte 4")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", "truncated")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        "not valid JSON")]
    [InlineData("""{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}""", "I64")]
    public void A_header_that_lies_is_one_line(string header, string named)
    {
        string path = Write(header, new byte[8]);
        var error = Assert.Throws<UserError>(() => Safetensors.Read(path));
        Assert.Contains(named, error.Message);
        Assert.Contains(path, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(0ul)]
    [InlineData(1ul)]
    [InlineData(1000ul)]
    [InlineData(100_000_001ul)]
    [InlineData(1ul << 62)]
    [InlineData(ulong.MaxValue)]
    public void A_length_that_lies_is_refused_without_being_believed(ulong length)
    {
        byte[] bytes = new byte[24];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        "{}              "u8.CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(_folder["x"], bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<UserError>(() => Safetensors.Read(_folder["x"]));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
    }

    [Fact]
    public void Missing_empty_and_short_files_are_one_line()
    {
        Assert.Contains("no such file", Assert.Throws<UserError>(() => Safetensors.Read(_folder["none"])).Message);
        File.WriteAllBytes(_folder["short"], [1, 2, 3]);
        Assert.Contains("too few", Assert.Throws<UserError>(() => Safetensors.Read(_folder["short"])).Message);
    }

    private string Write(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);
        string path = _folder["x.safetensors"];
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }
}
