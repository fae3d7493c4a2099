// What OHIF asks of the page it stands on, read before its own script runs: where its files lie, where the
// images come from, and how it is set. Only our own DICOMweb is known to it.
(() => {
  const { base, root, name, notice } = document.documentElement.dataset;
  const dicomweb = `${window.location.origin}/dicomweb`;

  window.PUBLIC_URL = root;
  window.PUBLIC_LIB_URL = `${base}\${component}/`;
  window.browserImportFunction = (address) => import(address);

  // One choice of language for the whole site.
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en-US";
  window.localStorage.setItem("i18nextLng", language);

  window.config = {
    name: "mdtapp",
    routerBasename: root.replace(/\/$/, ""),
    whiteLabeling: {
      createLogoComponentFn: (React) =>
        React.createElement(
          "span",
          { className: "viewer-brand" },
          name,
          React.createElement("small", null, notice),
        ),
    },
    extensions: [],
    modes: [],
    customizationService: [{ "ohif.tours": { $set: [] } }],
    showStudyList: false,
    investigationalUseDialog: { option: "never" },
    showWarningMessageForCrossOrigin: false,
    showCPUFallbackMessage: true,
    showLoadingIndicator: true,
    showPatientInfo: "visibleReadOnly",
    showErrorDetails: "dev",
    strictZSpacingForVolumeViewport: true,
    groupEnabledModesFirst: true,
    maxNumberOfWebWorkers: 3,
    maxNumRequests: { interaction: 100, thumbnail: 20, prefetch: 25 },
    defaultDataSourceName: "mdtapp",
    dataSources: [
      {
        namespace: "@ohif/extension-default.dataSourcesModule.dicomweb",
        sourceName: "mdtapp",
        configuration: {
          friendlyName: name,
          name,
          qidoRoot: dicomweb,
          wadoRoot: dicomweb,
          wadoUriRoot: dicomweb,
          qidoSupportsIncludeField: true,
          imageRendering: "wadors",
          thumbnailRendering: "wadors",
          enableStudyLazyLoad: true,
          supportsFuzzyMatching: false,
          supportsWildcard: false,
          supportsReject: false,
          supportsStow: true,
          dicomUploadEnabled: false,
          bulkDataURI: { enabled: true, relativeResolution: "studies" },
          singlepart: "bulkdata,video,pdf",
          omitQuotationForMultipartRequest: true,
        },
      },
    ],
    httpErrorHandler: (error) => {
      if (error.status === 401) {
        document.getElementById("viewer-signed-out").hidden = false;
      }
    },
  };
})();
