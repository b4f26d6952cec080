using Microsoft.AspNetCore.Http;
using Rlhf.LabelingUi.Features.Account.Access;

namespace Rlhf.LabelingUi.Features.Account.Users;

/// <summary>The field "role" of a request.</summary>
internal static class RoleField
{
    /// <exception cref="BadHttpRequestException">It is no role.</exception>
    public static AccountRole Read(string? role) => RoleNames.TryParse(role) ?? throw new BadHttpRequestException(
        $"role must be {string.Join(", ", Enum.GetValues<AccountRole>().Select(r => r.ApiName()))}; got '{role}'");
}
