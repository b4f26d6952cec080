using Mono.Cecil;

namespace Rlhf.Architecture.Tests;

/// <summary>
/// TorchSharp keeps no number alive while libtorch reads it (Rlhf.Models.Native.Numbers says more). So no code of the program calls a
/// method of TorchSharp that makes one, directly or through other methods of TorchSharp; read from the compiled instructions.
/// </summary>
public sealed class KeptNumbersTests
{
    private const string Maker = "Rlhf.Models.Native.Numbers";

    private static readonly HashSet<string> Making = MethodsThatMakeNumbers();

    public static TheoryData<string> Assemblies => [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll")
        .Select(file => Path.GetFileName(file)!)
        .Where(name => (name.StartsWith("Rlhf.", StringComparison.Ordinal) || name == "rlhf.dll")
            && !name.Contains(".Test", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void No_number_reaches_libtorch_that_nothing_keeps(string assembly)
    {
        using ModuleDefinition module = Read(assembly);
        string[] found = [.. from type in module.GetTypes()
                             where type.FullName != Maker
                             from method in type.Methods
                             from called in Calls(method)
                             where Making.Contains(Name(called))
                             select $"{method.FullName} calls {called.FullName}"];
        Assert.True(found.Length == 0, string.Join("\n", found));
    }

    [Fact]
    public void The_search_finds_what_makes_numbers()
    {
        Assert.Contains(Making, name => name.Contains("Scalar::op_Implicit(System.Double)", StringComparison.Ordinal));
        Assert.Contains(Making, name => name.Contains("Tensor::square()", StringComparison.Ordinal));
        Assert.Contains(Making, name =>
            name.Contains("Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", StringComparison.Ordinal));
        Assert.Contains(Making, name => name.Contains("Tensor::op_Implicit(TorchSharp.Scalar)", StringComparison.Ordinal));
        Assert.DoesNotContain(Making, name => name.Contains("Tensor::matmul(", StringComparison.Ordinal));
        using ModuleDefinition models = Read("Rlhf.Models.dll");
        Assert.Contains(models.GetType(Maker).Methods.SelectMany(Calls), called => Making.Contains(Name(called)));
    }

    /// <summary>All methods of TorchSharp from which the constructor of Scalar can be reached.</summary>
    private static HashSet<string> MethodsThatMakeNumbers()
    {
        using ModuleDefinition torchSharp = Read("TorchSharp.dll");
        var callers = (from type in torchSharp.GetTypes()
                       from method in type.Methods
                       from called in Calls(method)
                       select (Called: Name(called), Caller: Name(method))).ToLookup(pair => pair.Called, pair => pair.Caller);
        // A number where a tensor is wanted compiles, through a conversion that throws.
        var found = new HashSet<string>(torchSharp.GetType("TorchSharp.torch/Tensor").Methods
            .Where(m => m.Name == "op_Implicit" && m.Parameters[0].ParameterType.FullName == "TorchSharp.Scalar").Select(Name));
        var open = new Queue<string>(torchSharp.GetType("TorchSharp.Scalar").Methods.Where(m => m.IsConstructor).Select(Name));
        while (open.TryDequeue(out string? called))
        {
            foreach (string caller in callers[called].Where(found.Add))
                open.Enqueue(caller);
        }
        return found;
    }

    private static ModuleDefinition Read(string assembly) => ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, assembly));

    private static IEnumerable<MethodReference> Calls(MethodDefinition method) =>
        method.HasBody ? method.Body.Instructions.Select(i => i.Operand).OfType<MethodReference>() : [];

    private static string Name(MethodReference method) => method.GetElementMethod().FullName;
}
