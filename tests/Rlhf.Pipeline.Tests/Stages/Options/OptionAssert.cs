namespace Rlhf.Pipeline.Tests.Stages.Options;

internal static class OptionAssert
{
    public static async Task ActsAsync(OptionScenario scenario, string key)
    {
        var change = OptionChanges.All.Single(c => c.Key == key);
        var without = await scenario.KnownAsync(change.Kind, change.With);
        var with = await scenario.RunAsync(change.Kind, [.. change.With, $"{change.Option}={change.Value}"]);
        if (change.Option == "device")
        {
            Assert.Contains("cuda:64", with.Refused);
            return;
        }
        Assert.Null(with.Refused);
        Assert.True(change.Told ? with.Told != without.Told : with.Made != without.Made,
            $"{key}={change.Value} changes nothing{(change.Told ? "" : " but what is told")}");
    }
}
