using System.Globalization;
using Rlhf.Cli;

// Numbers are read and written the same in every country: files, options and outputs are for other programs too.
CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;
CultureInfo.DefaultThreadCurrentCulture = CultureInfo.DefaultThreadCurrentUICulture = CultureInfo.InvariantCulture;

return await CommandLine.RunAsync(CommandTree.Create(), args);
