using System.Text.Json;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>Roles as the API and the command line write them: annotator, reviewer, researcher, admin.</summary>
public static class RoleNames
{
    public static string ApiName(this AccountRole role) => JsonNamingPolicy.CamelCase.ConvertName(role.ToString());

    /// <summary>Null where it is no role.</summary>
    public static AccountRole? TryParse(string? name)
    {
        foreach (var role in Enum.GetValues<AccountRole>())
        {
            if (role.ApiName().Equals(name?.Trim(), StringComparison.OrdinalIgnoreCase))
                return role;
        }
        return null;
    }
}
