using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Tests;

/// <summary>An account of a served home folder.</summary>
/// <param name="Id">Of the account.</param>
/// <param name="Token">A token of the API.</param>
/// <param name="Client">Signed in with that token; follows no redirects.</param>
public sealed record TestUser(
    string Name, string Password, AccountRole Role, Guid Id, Guid AnnotatorId, string Token, HttpClient Client) : IDisposable
{
    public void Dispose() => Client.Dispose();
}
