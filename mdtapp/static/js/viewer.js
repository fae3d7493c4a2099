// What OHIF asks of the page it stands on, read before its own script runs: where its files lie, where the
// images come from, and how it is set. Only our own DICOMweb is known to it.
(() => {
  const { base, root, name, notice, keyImage, keyImageWords, noImageWords } = document.documentElement.dataset;
  const dicomweb = `${window.location.origin}/dicomweb`;

  window.PUBLIC_URL = root;
  window.PUBLIC_LIB_URL = `${base}\${component}/`;
  window.browserImportFunction = (address) => import(address);

  // One choice of language for the whole site.
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en-US";
  window.localStorage.setItem("i18nextLng", language);

  // --- key images ------------------------------------------------------------------------------

  // The address of a frame as cornerstone names it (WADO-RS, PS3.18 10.4.1.1.3).
  const FRAME = /\/studies\/([\d.]+)\/series\/([\d.]+)\/instances\/([\d.]+)\/frames\/(\d+)/;
  let services = null;

  /** The form's address for the stored image in the active view; null where a view shows none, as a reformat does. */
  function shownImage() {
    const { viewportGridService, cornerstoneViewportService } = services ?? {};
    const id = viewportGridService?.getActiveViewportId();
    const shown = cornerstoneViewportService?.getCornerstoneViewport(id)?.getCurrentImageId?.();
    const found = FRAME.exec(shown ?? "");
    if (!found) return null;
    const [, study, series, instance, frame] = found;
    return `${keyImage}?${new URLSearchParams({ study, series, instance, frame })}`;
  }

  class Beside {
    constructor() {
      this.pane = document.getElementById("viewer-beside");
      this.frame = document.getElementById("viewer-beside-frame");
      document.getElementById("viewer-beside-close").addEventListener("click", () => this.close());
      document.getElementById("viewer-beside-again").addEventListener("click", chooseKeyImage);
      this.pane.addEventListener("keydown", (event) => this.onKey(event));
      this.frame.addEventListener("load", () => this.onLoad());
      this.written = {};
      this.taking = false; // whether another image is being taken for what is written
    }

    open(address) {
      this.before = this.pane.hidden ? document.activeElement : this.before;
      this.taking = !this.pane.hidden;
      this.show(true);
      this.frame.src = address;
    }

    close() {
      this.show(false);
      this.frame.src = "about:blank";
      const button = document.querySelector(".viewer-brand .viewer-key-image");
      (this.before?.isConnected && this.before !== document.body ? this.before : button)?.focus();
    }

    /** The viewer's own views follow the width that is left to them. */
    show(shown) {
      this.pane.hidden = !shown;
      document.documentElement.classList.toggle("viewer-split", shown);
      window.dispatchEvent(new Event("resize"));
    }

    onLoad() {
      const page = this.frame.contentDocument;
      if (this.pane.hidden || !page) return;
      page.addEventListener("keydown", (event) => this.onKey(event));
      page.defaultView.addEventListener("pagehide", () => { this.written = this.taking ? this.notes() : {}; });
      const fields = [...page.querySelectorAll("textarea")];
      for (const field of fields) field.value ||= this.written[field.name] ?? "";
      this.taking = false;
      this.written = {};
      (fields[0] ?? page.getElementById("content") ?? this.frame).focus();
    }

    onKey(event) {
      if (event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation();
      this.close();
    }

    /** What was written of an image goes along when another image is taken for it. */
    notes() {
      const fields = this.frame.contentDocument?.querySelectorAll("textarea") ?? [];
      return Object.fromEntries([...fields].map((field) => [field.name, field.value]));
    }
  }

  let beside = null;

  function chooseKeyImage() {
    const address = shownImage();
    if (!address) {
      services?.uiNotificationService.show({ title: keyImageWords, message: noImageWords, type: "info" });
      return;
    }
    beside ??= new Beside();
    beside.open(address);
  }

  // An extension of the viewer: the command, and its key among the keys that a person may change.
  const keyImages = {
    id: "mdtapp.key-images",
    preRegistration: ({ servicesManager }) => { services = servicesManager.services; },
    getCommandsModule: () => ({
      definitions: { chooseKeyImage: { commandFn: chooseKeyImage } },
      defaultContext: "VIEWER",
    }),
    onModeEnter: ({ servicesManager }) => {
      const key = { commandName: "chooseKeyImage", label: keyImageWords, keys: ["k"], isEditable: true };
      const { customizationService } = servicesManager.services;
      customizationService.setCustomizations({ "ohif.hotkeyBindings": { $push: [key] } }, "mode");
    },
  };

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
          keyImage &&
            React.createElement(
              "button",
              { type: "button", className: "viewer-key-image", onClick: chooseKeyImage },
              `☆ ${keyImageWords} `,
              React.createElement("kbd", null, "K"),
            ),
        ),
    },
    extensions: keyImage ? [keyImages] : [],
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
