using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Rlhf.Testing;

/// <summary>A certificate that a test has made and signed itself, for a server named "localhost".</summary>
public sealed class TestCertificate : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        System.IO.File.WriteAllText(File, certificate.ExportCertificatePem() + "\n");
        System.IO.File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem() + "\n");
    }

    /// <summary>PEM.</summary>
    public string File => _folder["certificate.pem"];

    /// <summary>PEM, PKCS#8.</summary>
    public string KeyFile => _folder["key.pem"];

    public void Dispose() => _folder.Dispose();
}
