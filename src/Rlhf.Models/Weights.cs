using static TorchSharp.torch;

namespace Rlhf.Models;

/// <summary>Operations on all parameters of a model.</summary>
public static class Weights
{
    /// <summary>Copies every parameter to the parameter of the same name.</summary>
    public static void Copy(nn.Module from, nn.Module to)
    {
        using var gradients = no_grad();
        var targets = to.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        foreach (var (name, parameter) in from.named_parameters())
            targets[name].copy_(parameter);
    }

    /// <summary>Turns off gradients of all parameters, for references and for reward models that only score.</summary>
    public static T Freeze<T>(this T model) where T : nn.Module
    {
        foreach (var parameter in model.parameters())
            parameter.requires_grad = false;
        return model;
    }

    /// <summary>The number of parameters (single numbers); tied ones count once.</summary>
    public static long CountParameters(nn.Module model) => model.parameters().Sum(p => p.numel());
}
